from dataclasses import replace

import pytest

from slipway.cli.kubeflow.answers import RecurringRun, Version
from slipway.cli.kubeflow.plan import Action, Mark, Wanted, plan_changes
from slipway.cli.kubeflow.schedule import Schedule

SCOPE = ("schedules", "dev")
MARK = Mark(*SCOPE, "nightly")
VERSION = Version("a-pipeline", "a-version", "notes-1")


def wanted(version=VERSION, **fields):
    schedule = Schedule.model_validate(
        {"pipeline": "notes", "cron": "0 3 * * *", "parameters": {"count": 3}, **fields}
    )
    return Wanted(MARK, schedule, "notes-1", version, "an-experiment")


def existing(mark=MARK, **fields):
    usual = RecurringRun(
        recurring_run_id="an-id",
        name="nightly",
        description=mark.description("declared in nightly.yaml"),
        pipeline_id="a-pipeline",
        version_id="a-version",
        experiment_id="an-experiment",
        enabled=True,
        catch_up=False,
        max_concurrency=1,
        cron="0 0 3 * * *",
        interval_seconds=0,
        parameters={"count": 3},
    )
    return replace(usual, **fields)


def plan(declared, there, *, prune=False):
    names = {"nightly": declared} if declared else {}
    return [(one.action, one.why) for one in plan_changes(names, there, SCOPE, prune=prune)]


def test_what_is_not_there_is_created():
    assert plan(wanted(), []) == [(Action.CREATE, "0 3 * * *")]


def test_what_is_there_is_kept():
    assert plan(wanted(), [existing()]) == [(Action.KEEP, "0 3 * * *")]


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({"version_id": "another"}, "version"),
        ({"parameters": {"count": 4}}, "parameters"),
        ({"cron": "0 0 4 * * *"}, "trigger"),
        ({"cron": "", "interval_seconds": 60}, "trigger"),
        ({"catch_up": True}, "catch-up"),
        ({"max_concurrency": 2}, "concurrency"),
        ({"experiment_id": "another", "cron": ""}, "trigger, experiment"),
    ],
)
def test_what_differs_is_updated_and_named(there, why):
    assert plan(wanted(), [existing(**there)]) == [(Action.UPDATE, why)]


def test_number_that_the_server_writes_as_a_float_is_the_same():
    assert plan(wanted(), [existing(parameters={"count": 3.0})])[0][0] is Action.KEEP


def test_content_that_is_not_uploaded_yet_is_an_update():
    assert plan(wanted(version=None), [existing()]) == [(Action.UPDATE, "version")]


@pytest.mark.parametrize(("enabled", "action"), [(True, Action.ENABLE), (False, Action.DISABLE)])
def test_switch_is_set_in_place(enabled, action):
    assert plan(wanted(enabled=enabled), [existing(enabled=not enabled)])[0][0] is action


def test_second_of_the_same_goes():
    (change,) = plan_changes(
        {"nightly": wanted()}, [existing(), existing(recurring_run_id="2")], SCOPE, prune=False
    )
    assert change.action is Action.UPDATE
    assert [one.recurring_run_id for one in change.gone] == ["2"]
    assert change.kept == existing()


def test_what_a_killed_update_left_is_replaced_whole():
    old = existing(enabled=False, version_id="old")
    new = existing(recurring_run_id="2")
    (change,) = plan_changes({"nightly": wanted()}, [old, new], SCOPE, prune=False)
    assert (change.kept, change.gone) == (new, (old,))


@pytest.mark.parametrize(("prune", "action"), [(False, Action.LEAVE), (True, Action.DELETE)])
def test_what_is_no_longer_declared_goes_only_when_asked(prune, action):
    (change,) = plan_changes({}, [existing()], SCOPE, prune=prune)
    assert change.action is action
    assert bool(change.gone) is prune


@pytest.mark.parametrize(
    "description",
    [
        "",
        "my own",
        Mark("schedules", "prod", "nightly").description("x"),
        Mark("submit", "dev", "nightly").description("x"),
        "see slipway schedules dev/nightly",
    ],
)
def test_what_is_not_ours_is_not_touched(description):
    assert plan(None, [existing(description=description)], prune=True) == []
    assert plan(wanted(), [existing(description=description)], prune=True) == [(Action.CREATE, "0 3 * * *")]


def test_mark_is_read_back():
    assert Mark.read(MARK.description("declared in x")) == MARK
