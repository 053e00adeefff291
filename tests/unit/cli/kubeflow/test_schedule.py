import pytest
from pydantic import ValidationError

from slipway.cli.kubeflow.schedule import Schedule, check_cron, read_schedules
from slipway.errors import ScheduleError, UsageError


def schedule(**fields):
    return Schedule.model_validate({"pipeline": "notes", **fields})


@pytest.mark.parametrize(
    "cron",
    [
        "0 3 * * *",
        "*/15 * * * *",
        "0 0 1,15 * *",
        "30 4 * jan-mar mon",
        "0 9-17/2 ? * 1-5",
        "5/10 * * * *",
        "0 3 * * SUN",
        "@daily",
    ],
)
def test_cron_of_five_fields_or_a_word_will_do(cron):
    check_cron(cron)


@pytest.mark.parametrize(
    ("cron", "wrong"),
    [
        ("0 0 3 * * *", "this has 6"),
        ("3 * * *", "this has 4"),
        ("60 3 * * *", "'60' is no minute"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of the month"),
        ("0 0 * 13 *", "'13' is no month"),
        ("0 0 * * 7", "'7' is no day of the week"),
        ("0 0 * * tue-mon", "is no day of the week"),
        ("*/0 * * * *", "is no minute"),
        ("a * * * *", "'a' is no minute"),
        ("@noon", "this has 1"),
    ],
)
def test_field_that_is_wrong_is_named(cron, wrong):
    with pytest.raises(ValueError, match=wrong):
        check_cron(cron)


def test_server_gets_the_seconds_first():
    assert schedule(cron="0  3 * * *").server_cron == "0 0 3 * * *"
    assert schedule(cron="@daily").server_cron == "@daily"
    assert schedule(interval_seconds=60).server_cron == ""


@pytest.mark.parametrize("fields", [{}, {"cron": "@daily", "interval_seconds": 60}])
def test_schedule_has_one_trigger(fields):
    with pytest.raises(ValidationError, match="either 'cron' or 'interval_seconds'"):
        schedule(**fields)


@pytest.mark.parametrize("fields", [{"max_concurrency": 0}, {"max_concurrency": 11}, {"catchup": True}])
def test_field_that_is_unknown_or_out_of_range_is_refused(fields):
    with pytest.raises(ValidationError):
        schedule(cron="@daily", **fields)


def test_schedules_are_called_as_their_files(tmp_path):
    folder = tmp_path / "infra/environments/dev/schedules"
    folder.mkdir(parents=True)
    (folder / "nightly.yaml").write_text("pipeline: notes\ncron: '0 3 * * *'\n")
    (folder / "often.yml").write_text("pipeline: notes\ninterval_seconds: 60\nenabled: false\n")
    found = read_schedules(tmp_path, "dev")
    assert {name: one.trigger for name, one in found.items()} == {"nightly": "0 3 * * *", "often": "every 60 s"}
    assert not found["often"].enabled


def test_environment_without_schedules_has_none(tmp_path):
    assert read_schedules(tmp_path, "dev") == {}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("nightly.yaml", "pipeline: notes\ncron: 61 * * * *\n", "nightly.yaml' is not usable at 'cron'"),
        ("nightly.yaml", "pipeline: [\n", "cannot be read"),
        ("nightly.yaml", "", "nightly.yaml' is not usable"),
        ("Nightly_Run.yaml", "pipeline: notes\ncron: '@daily'\n", "Rename the file"),
    ],
)
def test_malformed_file_is_named(name, text, told, tmp_path):
    folder = tmp_path / "infra/environments/dev/schedules"
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    with pytest.raises(ScheduleError, match=told):
        read_schedules(tmp_path, "dev")


@pytest.mark.parametrize("environment", ["../dev", "Dev", "", "a/b"])
def test_environment_whose_name_is_none_is_refused(environment, tmp_path):
    with pytest.raises(UsageError, match="--env dev"):
        read_schedules(tmp_path, environment)
