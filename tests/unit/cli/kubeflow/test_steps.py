import base64
import gzip
import json
from datetime import timedelta

import pytest

from slipway.cli.kubeflow.steps import view_steps
from slipway.cli.kubeflow.workflow import Workflow
from slipway.cli.local.steps import StepStatus
from tests.support.kubeflow_server.argo import Look, loop, manifest, pod_of

DOCUMENT = {
    "root": {
        "dag": {
            "tasks": {
                "write-note": {"componentRef": {"name": "comp-write-note"}},
                "for-loop-1": {"componentRef": {"name": "comp-for-loop-1"}},
                "inner": {"componentRef": {"name": "comp-inner"}},
            }
        }
    },
    "components": {
        "comp-for-loop-1": {"dag": {"tasks": {"try-it": {"componentRef": {"name": "comp-try-it"}}}}},
        "comp-inner": {"dag": {"tasks": {"write-note": {"componentRef": {"name": "comp-write-note-2"}}}}},
    },
}


def view(state, place="write-note"):
    (found,) = view_steps(Workflow.read(manifest(Look(steps={place: state}))), DOCUMENT)
    return found


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("driver-pending", StepStatus.RUNNING),
        ("driver", StepStatus.RUNNING),
        ("driver-failed: Error (exit code 1)", StepStatus.FAILED),
        ("pending: ImagePullBackOff", StepStatus.RUNNING),
        ("running", StepStatus.RUNNING),
        ("done", StepStatus.DONE),
        ("cached", StepStatus.CACHED),
        ("skipped", StepStatus.SKIPPED),
        ("failed: Error (exit code 3)", StepStatus.FAILED),
        ("error: pod deleted", StepStatus.FAILED),
        ("retried: Error (exit code 1)", StepStatus.DONE),
    ],
)
def test_state_of_the_nodes_is_the_step_s(state, status):
    assert view(state).status is status


def test_step_takes_from_its_driver_s_start_to_its_own_end():
    done = view("done")
    assert done.seconds == 30
    assert done.finished - done.started == timedelta(seconds=30)
    assert view("running").seconds == 0


def test_pod_is_the_executor_s_and_its_name_the_one_that_kubernetes_has():
    running = view("running")
    assert running.pod.pod == pod_of("write-note")
    assert running.pod.pod.startswith("toy-x7k2p-system-container-impl-")


def test_pod_of_a_step_that_was_tried_again_is_the_last():
    assert view("retried: Error (exit code 1)").pod.pod == pod_of("write-note", attempt=1, retried=True)


def test_pod_of_a_failed_driver_is_the_driver_s():
    failed = view("driver-failed: Error (exit code 1)")
    assert failed.in_driver
    assert failed.pod.pod == pod_of("write-note", driver=True)


def test_exit_code_is_read_from_the_message():
    assert view("failed: Error (exit code 3)").pod.exit_code == 3
    assert view("failed: Pod was active too long").pod.exit_code == 1


def test_step_has_the_key_and_name_of_a_local_run():
    steps = {"write-note": "done", loop("for-loop-1", 1, "try-it"): "running", "inner.write-note": "done"}
    found = view_steps(Workflow.read(manifest(Look(steps=steps))), DOCUMENT)
    assert [(one.key, one.name) for one in found] == [
        ("write-note", "write_note"),
        ("for-loop-1-iteration-1/try-it", "try_it[1]"),
        ("write-note-2", "write_note_2"),
    ]


def test_step_of_an_exit_handler_is_one_of_the_outer_dag():
    (found,) = view_steps(
        Workflow.read(manifest(Look(steps={"exit-handler-1.onExit.write-note": "done"}))), DOCUMENT
    )
    assert found.key == "write-note"


def test_without_the_ir_steps_are_called_as_their_tasks():
    (found,) = view_steps(Workflow.read(manifest(Look(steps={"inner.write-note": "done"}))), {})
    assert found.name == "write_note"


def test_drivers_of_groups_are_no_steps():
    assert view_steps(Workflow.read(manifest(Look(message="begun"))), DOCUMENT) == []


def test_run_that_no_agent_has_reported_yet_has_no_steps():
    assert Workflow.read("") == Workflow(nodes={})


def test_nodes_that_argo_has_packed_are_unpacked():
    plain = manifest(Look(steps={"write-note": "done"}))
    content = json.loads(plain)
    nodes = content["status"].pop("nodes")
    content["status"]["compressedNodes"] = base64.b64encode(gzip.compress(json.dumps(nodes).encode())).decode()
    assert Workflow.read(json.dumps(content)).nodes == Workflow.read(plain).nodes


def test_stopped_run_is_known_by_its_deadline():
    assert Workflow.read(manifest(Look(message="stopped", stopped=True))).was_stopped
    assert not Workflow.read(manifest(Look(message="x"))).was_stopped
