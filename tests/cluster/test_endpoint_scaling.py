"""Replicas follow the load, up and down."""

import json

import pyarrow as pa
import pytest

from slipway.task import TaskKind, TaskSpec
from tests.support.cluster import wait_until
from tests.support.load import load
from tests.support.model_volume import fill_volume, on_volume
from tests.support.node_images import image_on_node
from tests.support.questions import infer_path
from tests.support.rest_client import entry
from tests.support.slow_model import slow
from tests.support.tiny_bundle import bundle_of

# KServe's HPA waits five minutes before it lets replicas go.
DOWN_SECONDS = 600
QUICK = {"maxReplicas": 2, "scaleDownSeconds": 5, "prometheus": {"windowSeconds": 20, "pollingSeconds": 5}}
CLIENTS = 4
SCALING = {
    "cpu": {"metric": "cpu", "target": 50},
    "requestRate": {"metric": "requestRate", "target": 10},
    "requestsInFlight": {"metric": "requestsInFlight", "target": CLIENTS // 2},
}
STEPS = 5_000  # of the model: a request takes some 25 ms, so that what waits for it can be counted
QUESTION = json.dumps({"inputs": [entry("x", "FP32", [1, 1], [1.0])]}).encode()


@pytest.fixture
def slow_model(namespace, tmp_path):
    """Values of an endpoint whose model takes its time."""
    rows = pa.table({"x": pa.array([0.0, 1.0], pa.float32())})
    bundle = bundle_of(tmp_path / "slow", slow(STEPS), rows, TaskSpec(kind=TaskKind.CLUSTERING, numeric=("x",)))
    fill_volume(namespace, [bundle.path], image_on_node("serving"))
    return on_volume("slow", bundle.digest)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "metric", [pytest.param("cpu", marks=pytest.mark.lengthy), "requestRate", "requestsInFlight"]
)
def test_replicas_follow_the_load(endpoint, slow_model, metric):
    endpoint.upgrade({**slow_model, "autoscaling": {**QUICK, **SCALING[metric]}})
    assert endpoint.replicas == 1

    with load(endpoint, infer_path("late"), QUESTION, clients=CLIENTS) as running:
        wait_until(lambda: endpoint.replicas == 2, timeout_seconds=300)
    assert not running.lost
    assert {answer.status for answer in running.answers} == {200}

    wait_until(lambda: endpoint.replicas == 1, timeout_seconds=DOWN_SECONDS)
