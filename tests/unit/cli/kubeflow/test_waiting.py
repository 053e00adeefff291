import pytest

from slipway.cli.kubeflow.steps import view_steps
from slipway.cli.kubeflow.waiting import REASONS, Waits
from slipway.cli.kubeflow.workflow import Workflow
from slipway.errors import KubeflowError
from tests.support.kubeflow_server.argo import Look, manifest

PULL = 'pending: ImagePullBackOff: Back-off pulling image "slipway-toy:1"'
ROOM = "pending: Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu."


def step(state):
    (found,) = view_steps(Workflow.read(manifest(Look(steps={"write-note": state}))), {})
    return found


class Watched:
    """Looks at one step, a second apart."""

    def __init__(self, stuck_seconds):
        self.now = 0.0
        self.waits = Waits(stuck_seconds, clock=lambda: self.now)

    def look(self, state):
        self.now += 1
        return self.waits.look(step(state), "write_note")


def test_reason_is_told_once():
    watched = Watched(60)
    assert watched.look(ROOM).startswith("write_note waits: Unschedulable: 0/1 nodes are available")
    assert watched.look(ROOM) == ""


def test_another_reason_is_told_too():
    watched = Watched(60)
    watched.look(ROOM)
    assert "ImagePullBackOff" in watched.look(PULL)


def test_hopeless_wait_ends_with_the_cure():
    watched = Watched(3)
    for _ in range(3):
        watched.look(PULL)
    with pytest.raises(KubeflowError) as raised:
        watched.look(PULL)
    assert "Step 'write_note' cannot start: ImagePullBackOff: Back-off pulling image \"slipway-toy:1\"" in str(
        raised.value
    )
    assert "SLIPWAY_IMAGE_PREFIX" in raised.value.cure


def test_wait_for_room_may_last():
    watched = Watched(3)
    for _ in range(10):
        watched.look(ROOM)


def test_image_that_comes_in_between_begins_the_wait_anew():
    watched = Watched(3)
    for state in (PULL, PULL, "running", PULL, PULL):
        watched.look(state)


@pytest.mark.parametrize("state", ["running", "done", "driver", "pending", "pending: PodInitializing"])
def test_step_that_does_not_wait_says_nothing(state):
    assert Watched(0).look(state) == ""


def test_every_reason_has_a_cure():
    assert all(reason.cure for reason in REASONS.values())
