"""A version of the registry, fetched by an init container: it answers, or the pod says why not."""

import pytest

from slipway.registry.aliases import promote
from slipway.settings import Settings
from tests.support.cluster import wait_until
from tests.support.cluster_mlflow import PASSWORD, USER, forwarded, start_mlflow
from tests.support.node_images import image_on_node, image_values
from tests.support.questions import EXPECTED, rest_probability
from tests.support.register_once import register_once
from tests.support.runtime import installed_runtime
from tests.support.tiny_bundle import tiny_bundle

OTHER = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def fetching(cluster):
    """The name of a runtime, and of the storage container that comes with it."""
    storage = {"image": image_values(image_on_node("release"))}
    with installed_runtime({"storage": storage}) as name:
        yield name


@pytest.fixture
def registered(endpoint, tmp_path, monkeypatch):
    """The tiny model as version 1 of 'late' and its champion, in a registry that asks for a password."""
    start_mlflow(endpoint.namespace, image_on_node("mlflow"))
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    bundle = tiny_bundle(tmp_path / "late")
    with forwarded(endpoint.namespace) as address:
        settings = Settings(home=tmp_path / "home", tracking_uri=address, tracking_timeout_seconds=120)
        register_once(bundle, settings, "late")
        promote("late", "1", settings)
    return bundle


def reason(pod):
    """Why the init container ended."""
    (status,) = pod["status"]["initContainerStatuses"]
    ended = status["state"].get("terminated") or status["lastState"].get("terminated") or {}
    return ended.get("message", "")


def test_a_registered_version_answers_and_no_other_bundle_does(endpoint, fetching, registered):
    values = {"runtime": fetching, "storage": {"container": fetching}}
    model = {"name": "late", "version": "1", "uri": "mlflow://late/1"}
    endpoint.upgrade({**values, "model": {**model, "digest": registered.digest}})
    assert rest_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)

    endpoint.upgrade({**values, "model": {**model, "uri": "mlflow://late@champion", "digest": OTHER}}, wait=False)
    wait_until(lambda: any(f"expected {OTHER}, got {registered.digest}" in reason(pod) for pod in endpoint.pods))
    assert rest_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)
