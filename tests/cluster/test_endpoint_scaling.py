"""Replicas follow the load, up and down."""

import json

import pytest

from tests.support.cluster import wait_until
from tests.support.load import load
from tests.support.model_volume import on_volume
from tests.support.questions import infer_path, question

# KServe's HPA waits five minutes before it lets replicas go.
DOWN_SECONDS = 600
SCALING = {
    "cpu": {"metric": "cpu", "target": 50},
    "requestRate": {"metric": "requestRate", "target": 10},
    "requestsInFlight": {"metric": "requestsInFlight", "target": 1},
}


# Rows of a request: a server that is asked for one has answered before anybody looks.
ROWS = {"requestsInFlight": 2000}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("metric", SCALING)
def test_replicas_follow_the_load(endpoint, volume, metric):
    scaling = {
        "maxReplicas": 2,
        "scaleDownSeconds": 5,
        "prometheus": {"windowSeconds": 20, "pollingSeconds": 5},
        **SCALING[metric],
    }
    endpoint.upgrade({**on_volume("v1", volume["v1"].digest), "autoscaling": scaling})
    assert endpoint.replicas == 1

    body = json.dumps(question(ROWS.get(metric, 1))).encode()
    with load(endpoint, infer_path("late"), body, clients=4) as running:
        wait_until(lambda: endpoint.replicas == 2, timeout_seconds=300)
    assert not running.lost

    wait_until(lambda: endpoint.replicas == 1, timeout_seconds=DOWN_SECONDS)
