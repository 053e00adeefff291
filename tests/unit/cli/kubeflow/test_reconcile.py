from pathlib import Path

import pytest
import yaml

from slipway.cli.ir import CompiledPipeline
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.plan import Action, Mark
from slipway.cli.kubeflow.reconcile import Reconciler
from slipway.cli.kubeflow.recurring import RecurringRuns
from slipway.cli.kubeflow.schedule import Schedule
from slipway.cli.kubeflow.submission import Prepared
from slipway.errors import KubeflowUnreachableError
from tests.support.cutting_proxy import Cut, cutting_proxy

SCOPE = ("schedules", "dev")


@pytest.fixture
def prepared(ir):
    """Schedules ready to apply; another `note` makes another version."""

    def prepare(note="a note", **fields):
        text = ir(note).read_text()
        compiled = CompiledPipeline("toy", Path("toy.py"), text, yaml.safe_load(text), {})
        schedule = Schedule.model_validate({"pipeline": "toy", "cron": "0 3 * * *", **fields})
        return schedule, Prepared(compiled, {"count": 3}, "dev")

    return prepare


@pytest.fixture
def apply(kubeflow, settings):
    """Plan and carry out, by a client of its own for each; returns the actions."""

    def carry_out(schedules, *, prune=False, client=None):
        reconciler = Reconciler(client or kubeflow, settings, SCOPE, lambda _: None)
        changes = reconciler.plan(schedules, prune=prune)
        for change in changes:
            if change.is_change:
                reconciler.apply(change, f"declared in {change.mark.name}.yaml")
        return [change.action for change in changes]

    return carry_out


def stored(server):
    return list(server.state.recurring.values())


def test_schedule_is_created_as_it_is_declared(apply, server, prepared):
    declared = prepared(enabled=False, catch_up=True, max_concurrency=2)
    assert apply({"nightly": declared}) == [Action.CREATE]
    (one,) = stored(server)
    assert one["display_name"] == "nightly"
    assert one["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert (one["status"], one["no_catchup"], one["max_concurrency"]) == ("DISABLED", False, "2")
    assert one["runtime_config"] == {"parameters": {"count": 3}}
    assert one["description"] == "slipway schedules dev/nightly\ndeclared in nightly.yaml"


def test_same_again_changes_nothing(apply, server, prepared):
    schedules = {"nightly": prepared(), "often": prepared(cron="", interval_seconds=60)}
    assert apply(schedules) == [Action.CREATE, Action.CREATE]
    before = stored(server)
    writes = server.asked("^(POST|DELETE)")
    assert apply(schedules, prune=True) == [Action.KEEP, Action.KEEP]
    assert (stored(server), server.asked("^(POST|DELETE)")) == (before, writes)


def test_plan_alone_changes_nothing(kubeflow, settings, server, prepared):
    Reconciler(kubeflow, settings, SCOPE, print).plan({"nightly": prepared()}, prune=True)
    assert server.asked("^(POST|DELETE)") == 0


def test_changed_code_replaces_the_schedule(apply, server, prepared):
    apply({"nightly": prepared()})
    (old,) = stored(server)
    assert apply({"nightly": prepared("another note")}) == [Action.UPDATE]
    (new,) = stored(server)
    assert new["recurring_run_id"] != old["recurring_run_id"]
    assert new["pipeline_version_reference"] != old["pipeline_version_reference"]
    order = [one.partition(" ")[2].rpartition(":")[2] for one in server.requests if "recurringruns" in one]
    assert order.index("disable") < len(order) - 1


def test_switch_is_set_without_a_new_schedule(apply, server, prepared):
    apply({"nightly": prepared()})
    (before,) = stored(server)
    assert apply({"nightly": prepared(enabled=False)}) == [Action.DISABLE]
    (after,) = stored(server)
    assert (after["recurring_run_id"], after["status"]) == (before["recurring_run_id"], "DISABLED")
    assert apply({"nightly": prepared()}) == [Action.ENABLE]


def test_change_by_hand_is_set_right(apply, server, prepared):
    apply({"nightly": prepared()})
    stored(server)[0]["max_concurrency"] = "7"
    assert apply({"nightly": prepared()}) == [Action.UPDATE]
    assert stored(server)[0]["max_concurrency"] == "1"


def test_undeclared_goes_with_prune_and_others_stay(apply, server, prepared, kubeflow):
    apply({"nightly": prepared()})
    foreign = {**stored(server)[0], "recurring_run_id": "mine", "description": "my own"}
    server.state.recurring["mine"] = foreign
    assert apply({}) == [Action.LEAVE]
    assert apply({}, prune=True) == [Action.DELETE]
    assert stored(server) == [foreign]


@pytest.mark.parametrize("request_", [":disable", "POST /apis/v2beta1/recurringruns$", "DELETE "])
@pytest.mark.parametrize("forwarded", [True, False])
def test_update_that_is_killed_on_the_way_is_completed_by_the_next(
    request_, forwarded, apply, server, settings, prepared
):
    apply({"nightly": prepared()})
    impatient = settings.model_copy(update={"kubeflow_patience_seconds": 0})
    with cutting_proxy(int(server.url.rpartition(":")[2])) as (proxy, url):
        proxy.cut = Cut(request_, forwarded=forwarded, answered=False)
        client = Kubeflow(impatient.model_copy(update={"kubeflow_url": url}), print)
        with pytest.raises(KubeflowUnreachableError):
            apply({"nightly": prepared("another note")}, client=client)
    apply({"nightly": prepared("another note")})
    (one,) = RecurringRuns(Kubeflow(settings, print)).all()
    assert one.enabled
    assert Mark.read(one.description) == Mark(*SCOPE, "nightly")
    assert apply({"nightly": prepared("another note")}) == [Action.KEEP]


@pytest.mark.parametrize("forwarded", [True, False])
def test_schedule_whose_answer_is_cut_off_is_created_once(forwarded, apply, server, settings, prepared):
    with cutting_proxy(int(server.url.rpartition(":")[2])) as (proxy, url):
        proxy.cut = Cut("POST /apis/v2beta1/recurringruns$", forwarded=forwarded, answered=False)
        apply({"nightly": prepared()}, client=Kubeflow(settings.model_copy(update={"kubeflow_url": url}), print))
    assert len(stored(server)) == 1


def test_schedule_that_somebody_deleted_meanwhile_is_gone(kubeflow, apply, server, prepared):
    apply({"nightly": prepared()})
    runs = RecurringRuns(kubeflow)
    (one,) = runs.all()
    server.state.recurring.clear()
    runs.delete(one)
