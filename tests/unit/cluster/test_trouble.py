"""What is in the way of pods: each cause by the state in which a cluster shows it."""

import json

import pytest

from slipway.cluster.rollout import read_rollout
from slipway.cluster.trouble import find_trouble
from tests.support import rollouts
from tests.support.rollouts import NAMESPACE, container, deployment, pod, replica_set, warning


def _waiting(reason, message=""):
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def _ended(code, **facts):
    return {"terminated": {"exitCode": code, **facts}}


def _condition(kind, status, message):
    return {"type": kind, "status": status, "message": message}


@pytest.fixture
def trouble(cluster, api):
    """Find the trouble of a new ReplicaSet with these objects beside an old one that is ready."""

    def find(*others, conditions=(), log=""):
        new = replica_set(2, conditions=conditions)
        rollouts.hold(api, None, deployment("2"), replica_set(1, ready=1), new, _ready_pod(1), *others)
        rollouts.hold_log(api, 2, log)
        rollout = read_rollout(cluster, "tiny-predictor", NAMESPACE)
        return find_trouble(rollout, lambda name, box: cluster.log_tail(name, box, NAMESPACE, 20))

    return find


def _ready_pod(revision):
    return pod(revision, phase="Running", conditions=[_condition("Ready", "True", "")])


@pytest.mark.parametrize(
    ("message", "cure"),
    [
        (
            'pods "x" is forbidden: exceeded quota: narrow, requested: memory=1Gi',
            "have the namespace's ResourceQuota",
        ),
        ('pods "x" is forbidden: violates PodSecurity "restricted:latest"', "securityContext"),
        ('pods "x" is forbidden: error looking up service account', "by what the message says"),
    ],
)
def test_pods_that_the_api_refuses(trouble, message, cure):
    found = trouble(conditions=(_condition("ReplicaFailure", "True", message),))

    assert found.what == f"no pod is created: {message}"
    assert cure in found.cure
    assert found.is_lasting


def test_a_pod_that_no_node_takes(trouble):
    found = trouble(pod(2, conditions=[_condition("PodScheduled", "False", "0/3 nodes: 3 Insufficient memory.")]))

    assert found.what == "no node takes the pod: 0/3 nodes: 3 Insufficient memory."
    assert not found.is_lasting  # an autoscaler of nodes takes minutes


@pytest.mark.parametrize(
    ("reason", "is_lasting"),
    [("ErrImagePull", False), ("ImagePullBackOff", True), ("InvalidImageName", True), ("ErrImageNeverPull", True)],
)
def test_an_image_that_cannot_be_pulled(trouble, reason, is_lasting):
    found = trouble(pod(2, containerStatuses=[container(**_waiting(reason, "not found"))]))

    assert (found.what, found.is_lasting) == ("image 'server:1' cannot be pulled: not found", is_lasting)
    assert "Push 'server:1'" in found.cure


def test_a_secret_that_is_missing(trouble):
    found = trouble(
        pod(2, containerStatuses=[container(**_waiting("CreateContainerConfigError", 'secret "s" not found'))])
    )

    assert found.what == "container 'kserve-container' cannot be made: secret \"s\" not found"


def test_an_init_container_that_ends_with_an_error_says_why(trouble):
    log = '{"level": "info", "message": "Fetching"}\n\nDigestMismatchError: Bundle is not what its manifest says\n'
    ended = container("storage-initializer", state=_ended(1), restartCount=1)
    found = trouble(pod(2, initContainerStatuses=[ended], containerStatuses=[container()]), log=log)

    assert found.what == (
        "container 'storage-initializer' exits with 1, and said last: "
        "Fetching | DigestMismatchError: Bundle is not what its manifest says"
    )
    assert found.cure == "See all it said: kubectl -n slipway-dev logs pod-2 -c storage-initializer"
    assert found.is_lasting


def test_what_a_container_left_as_its_last_message_beats_its_log(trouble):
    ended = container(state=_ended(3, message='{"message": "no key fits"}'))
    found = trouble(pod(2, containerStatuses=[ended]), log="something else")

    assert found.what == "container 'kserve-container' exits with 3, and said last: no key fits"


def test_an_init_container_that_ended_well_is_no_trouble(trouble):
    ended = container("storage-initializer", state=_ended(0), ready=True)
    assert trouble(pod(2, initContainerStatuses=[ended], containerStatuses=[container()])) is None


def test_a_container_without_memory(trouble):
    state = {**_waiting("CrashLoopBackOff"), "lastState": _ended(137, reason="OOMKilled"), "restartCount": 2}
    found = trouble(pod(2, containerStatuses=[container(**state)]))

    assert found.what == "container 'kserve-container' is out of memory"
    assert "resources.limits.memory" in found.cure


def test_a_volume_that_cannot_be_mounted(trouble):
    found = trouble(
        pod(2, containerStatuses=[container()]), warning("FailedMount", 'configmap "c" not found', "pod-2")
    )

    assert found.what == 'a volume cannot be mounted: configmap "c" not found'


def test_a_probe_that_fails_on_a_new_pod_but_not_on_an_old_one(trouble):
    new = pod(2, phase="Running", containerStatuses=[container(state={"running": {}})])

    assert trouble(new, warning("Unhealthy", "Readiness probe failed: 503", "pod-1")) is None
    found = trouble(new, warning("Unhealthy", "Readiness probe failed: 503", "pod-2"))
    assert found.what == "the pod runs and is not ready: Readiness probe failed: 503"


def test_pods_that_just_start_are_no_trouble(trouble):
    assert trouble(pod(2, containerStatuses=[container()])) is None


@pytest.mark.parametrize(
    ("counts", "is_complete"),
    [
        ({}, True),
        ({"replicas": 2, "updated": 1, "available": 2}, False),
        ({"replicas": 2, "updated": 2, "available": 1}, False),
    ],
)
def test_a_rollout_is_complete_when_all_are_new_and_available(cluster, api, counts, is_complete):
    rollouts.hold(api, None, deployment(**counts), replica_set())

    assert read_rollout(cluster, "tiny-predictor", NAMESPACE).is_complete is is_complete


def test_a_rollout_that_the_controller_has_not_seen_is_not_complete(cluster, api):
    unseen = json.loads(json.dumps(deployment()).replace('"observedGeneration": 3', '"observedGeneration": 2'))
    rollouts.hold(api, None, unseen)

    assert not read_rollout(cluster, "tiny-predictor", NAMESPACE).is_complete
    assert read_rollout(cluster, "other", NAMESPACE) is None
