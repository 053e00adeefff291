"""A bundle on a real cluster: served through the gateway over REST and gRPC, or not at all."""

import pytest

from tests.support.cluster import wait_until
from tests.support.helm import CommandError, helm
from tests.support.model_volume import on_volume
from tests.support.questions import EXPECTED, grpc_probability, rest_probability

OTHER = "sha256:" + "0" * 64


def reasons(endpoint):
    """What the containers of the pods said when they ended."""
    statuses = [status for pod in endpoint.pods for status in pod["status"].get("containerStatuses", [])]
    ended = [
        state["terminated"]
        for one in statuses
        for state in (one["state"], one["lastState"])
        if "terminated" in state
    ]
    return [one.get("message", "") for one in ended]


def test_a_bundle_answers_through_the_gateway(endpoint, volume):
    endpoint.upgrade(on_volume("v1", volume["v1"].digest))

    assert rest_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)
    assert grpc_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)
    assert endpoint.ask("GET", "/v2/models/late").json["versions"] == ["v1"]
    helm("test", endpoint.name, "--namespace", endpoint.namespace, "--timeout", "120s")


def test_another_digest_never_becomes_ready_and_the_old_model_goes_on(endpoint, volume):
    endpoint.upgrade(on_volume("v1", volume["v1"].digest))
    endpoint.upgrade(on_volume("v2", OTHER), wait=False)

    wait_until(lambda: any(f"expected {OTHER}, got {volume['v2'].digest}" in one for one in reasons(endpoint)))

    assert endpoint.ask("GET", "/v2/models/late").json["versions"] == ["v1"]


def test_helm_test_sees_a_model_that_is_not_there(endpoint, volume):
    endpoint.upgrade(on_volume("v1", OTHER), wait=False)
    wait_until(lambda: any(OTHER in one for one in reasons(endpoint)))

    assert endpoint.replicas == 0
    wait_until(lambda: OTHER in str(endpoint.service["status"].get("modelStatus")), timeout_seconds=60)
    with pytest.raises(CommandError, match="failed"):
        helm("test", endpoint.name, "--namespace", endpoint.namespace, "--timeout", "60s")
