"""Replicas follow the load, up and down."""

import json

import pytest

from tests.support.cluster import find, wait_until
from tests.support.load import load
from tests.support.model_volume import on_volume
from tests.support.questions import infer_path, question

# KServe's HPA waits five minutes before it lets replicas go.
DOWN_SECONDS = 600
QUICK = {"maxReplicas": 2, "scaleDownSeconds": 5, "prometheus": {"windowSeconds": 20, "pollingSeconds": 5}}
SCALING = {
    "cpu": {"metric": "cpu", "target": 50},
    "requestRate": {"metric": "requestRate", "target": 10},
}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("metric", SCALING)
def test_replicas_follow_the_load(endpoint, volume, metric):
    endpoint.upgrade({**on_volume("v1", volume["v1"].digest), "autoscaling": {**QUICK, **SCALING[metric]}})
    assert endpoint.replicas == 1

    with load(endpoint, infer_path("late"), json.dumps(question()).encode(), clients=4) as running:
        wait_until(lambda: endpoint.replicas == 2, timeout_seconds=300)
    assert not running.lost

    wait_until(lambda: endpoint.replicas == 1, timeout_seconds=DOWN_SECONDS)


def test_the_autoscaler_sees_the_requests_in_flight(endpoint, volume):
    """The tiny model answers before anybody looks: that replicas follow this load is not seen here."""
    scaling = {**QUICK, "metric": "requestsInFlight", "target": 4}
    endpoint.upgrade({**on_volume("v1", volume["v1"].digest), "autoscaling": scaling})

    wait_until(lambda: any("averageValue" in one for one in measured(endpoint)))


def measured(endpoint):
    """What KEDA's HPA has measured of its external metric."""
    hpas = find("horizontalpodautoscalers", endpoint.namespace)
    metrics = [one for hpa in hpas for one in hpa["status"].get("currentMetrics") or []]
    return [one["external"]["current"] for one in metrics if one.get("type") == "External"]
