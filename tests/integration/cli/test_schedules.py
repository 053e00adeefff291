import json

import pytest

from slipway.errors import ExitCode
from tests.support.submitting import submitting_project

NIGHTLY = "pipeline: notes\ncron: '0 3 * * *'\nparameters: {text: nightly, numbers: [1, 2]}\n"


@pytest.fixture
def submitting(tmp_path):
    with submitting_project(tmp_path) as found:
        yield found


def apply(project, *options):
    answer = project.slipway("schedules", "apply", "--env", "dev", *options)
    assert answer.returncode == ExitCode.OK, answer.stderr
    return answer.stdout.splitlines()


def test_declared_schedules_are_applied_once(submitting):
    project, server = submitting
    project.declare("schedules/nightly.yaml", NIGHTLY)
    first = apply(project)
    assert first[1].split()[:2] == ["create", "nightly"]
    assert first[-1] == "1 changed, 0 as they were."
    assert apply(project)[-1] == "0 changed, 1 as they were."
    (one,) = server.state.recurring.values()
    assert one["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert one["runtime_config"]["parameters"] == {"text": "nightly", "numbers": [1, 2]}
    assert one["description"].endswith("declared in infra/environments/dev/schedules/nightly.yaml")


def test_dry_run_prints_the_plan_and_changes_nothing(submitting):
    project, server = submitting
    project.declare("schedules/nightly.yaml", NIGHTLY)
    plan = apply(project, "--dry-run")
    assert plan[1].split()[:2] == ["create", "nightly"]
    assert server.asked("^(POST|DELETE)") == 0


def test_schedule_that_is_no_longer_declared_is_left_and_pruned(submitting):
    project, server = submitting
    project.declare("schedules/nightly.yaml", NIGHTLY)
    apply(project)
    (project.root / "infra/environments/dev/schedules/nightly.yaml").unlink()
    assert apply(project)[1].split()[:2] == ["leave", "nightly"]
    assert apply(project, "--prune")[1].split()[:2] == ["delete", "nightly"]
    assert not server.state.recurring


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (NIGHTLY.replace("0 3 * * *", "0 0 3 * * *"), "this has 6"),
        (NIGHTLY.replace("text:", "txt:"), "has no parameter 'txt'"),
        (NIGHTLY.replace("text: nightly", "text: 3"), "Parameter 'text' of pipeline 'notes' does not fit"),
        (NIGHTLY.replace("notes", "nots"), "There is no pipeline 'nots'"),
    ],
)
def test_mistake_stops_before_the_server_is_asked(text, told, submitting):
    project, server = submitting
    project.declare("schedules/nightly.yaml", text)
    answer = project.slipway("schedules", "apply", "--env", "dev")
    assert answer.returncode == ExitCode.USAGE
    assert told in answer.stderr
    assert server.requests == []


def test_schedule_of_a_submit_is_changed_by_the_next_and_not_pruned_by_apply(submitting):
    project, server = submitting
    assert "create notes: 0 3 * * *" in project.slipway("submit", "notes", "--schedule", "0 3 * * *").stdout
    assert "keep notes" in project.slipway("submit", "notes", "--schedule", "0 3 * * *").stdout
    assert "update notes: every 60 s" in project.slipway("submit", "notes", "--interval-seconds", "60").stdout
    assert not server.state.runs
    project.slipway("schedules", "apply", "--env", "dev", "--prune")
    assert len(server.state.recurring) == 1


def test_list_shows_who_made_them(submitting):
    project, _ = submitting
    assert "no recurring run" in project.slipway("schedules", "list").stderr
    project.declare("schedules/nightly.yaml", NIGHTLY)
    apply(project)
    table = project.slipway("schedules", "list").stdout
    assert "0 3 * * *" in table
    assert "slipway schedules (dev)" in table
    (one,) = json.loads(project.slipway("schedules", "list", "--json").stdout)
    assert (one["name"], one["cron"], one["enabled"]) == ("nightly", "0 0 3 * * *", True)
