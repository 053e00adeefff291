"""Whether an endpoint serves what it should, and what is said while it does not."""

import threading

import pytest

from slipway.deployment import readiness
from slipway.deployment.facts import Facts
from slipway.deployment.readiness import look, wait_until_ready
from slipway.errors import DeployError
from tests.support.rollouts import (
    DIGESTS,
    container,
    deployment,
    hold,
    inference_service,
    pod,
    replica_set,
    warning,
)

FIRST, SECOND = (Facts("tiny", version, DIGESTS[version]) for version in ("1", "2"))
NO_IMAGE = container(state={"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}})


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(readiness, "LOOK_EVERY_SECONDS", 0.01)


def test_it_is_ready_when_all_replicas_serve_the_bundle(site, api):
    hold(api, inference_service(), deployment(), replica_set(ready=1))

    assert wait_until_ready(site, "tiny", FIRST, 1, print) == "http://tiny-slipway-dev.example.com"


@pytest.mark.parametrize(
    ("service", "made"),
    [
        (inference_service("2"), deployment("1")),  # KServe has not taken it up
        (inference_service("2", observedGeneration=1), deployment("2")),
        (inference_service("2", ready="Unknown"), deployment("2")),
        (inference_service("2"), deployment("2", replicas=2, updated=1, available=2)),
        (inference_service("2"), None),
        (None, None),
    ],
)
def test_it_is_not_ready_before_all_of_it_is(site, api, service, made):
    hold(api, service, made, replica_set())

    assert look(site, "tiny", SECOND).url == ""


def test_what_changes_on_the_way_is_noted_once_it_is_ready(site, api):
    hold(api, inference_service("2"), deployment("1"), replica_set(ready=1))
    notes = []

    def note(text):
        notes.append(text)
        if len(notes) == 2:
            waiting = deployment("2", available=0)
            hold(api, inference_service("2"), waiting, replica_set(2), pod(2, containerStatuses=[NO_IMAGE]))
        if len(notes) == 4:
            hold(api, inference_service("2"), deployment("2"), replica_set(2, ready=1))

    assert wait_until_ready(site, "tiny", SECOND, 60, note)
    assert notes[0] == "0 of 1 replicas ready"
    assert notes[3] == "0 of 1 replicas ready: image 'server:1' cannot be pulled: no such image"


def test_a_trouble_that_lasts_ends_the_wait_with_its_cure(site, api, monkeypatch):
    monkeypatch.setattr(readiness, "LASTING_SECONDS", 0.05)
    waiting = deployment(available=0)
    hold(api, inference_service(ready="False"), waiting, replica_set(), pod(containerStatuses=[NO_IMAGE]))

    with pytest.raises(DeployError) as caught:
        wait_until_ready(site, "tiny", FIRST, 3600, str)

    assert caught.value.failed == (
        "Endpoint 'tiny' is not ready, 0 of 1 replicas ready: image 'server:1' cannot be pulled: no such image"
    )
    assert caught.value.cure.startswith("Push 'server:1'")


def test_a_wait_without_a_known_trouble_ends_in_time(site, api):
    hold(api, inference_service(ready="False"), deployment(available=0), replica_set(), pod())

    with pytest.raises(DeployError, match=r"0 of 1 replicas ready after 0 s. Give it time with --timeout-seconds"):
        wait_until_ready(site, "tiny", FIRST, 0.05, str)


def test_what_kserve_cannot_make_is_told_in_its_words(site, api):
    hold(api, inference_service("2", ready="False"), None, warning("InternalError", "no runtime for onnx", "tiny"))

    assert look(site, "tiny", SECOND).trouble.what == "KServe cannot make it: no runtime for onnx"


def test_a_condition_that_is_false_is_told_if_nothing_else_is(site, api):
    conditions = [
        {"type": "Stopped", "status": "False", "severity": "Info", "message": "as it should be"},
        {"type": "IngressReady", "status": "False", "message": "no gateway"},
    ]
    hold(api, inference_service(conditions=conditions), deployment(), replica_set(ready=1))

    assert look(site, "tiny").trouble.what == "IngressReady is false: no gateway"


def test_a_cluster_that_is_away_for_a_moment_is_waited_for(site, api):
    hold(api, inference_service(), deployment(), replica_set(ready=1))
    path = next(path for path in api.sayings if path.endswith("/inferenceservices/tiny"))
    healthy, api.sayings[path] = api.sayings[path], api.sayings[path].__class__(503, "{}")
    noted = threading.Event()

    def note(text):
        assert "Cannot read InferenceService 'tiny'" in text
        noted.set()
        api.sayings[path] = healthy

    assert wait_until_ready(site, "tiny", FIRST, 60, note)
    assert noted.is_set()
