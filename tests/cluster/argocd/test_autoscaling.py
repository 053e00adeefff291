"""Argo CD leaves the number of replicas to the autoscaler."""

import json
import time

import pytest

from tests.support.cluster import wait_until
from tests.support.load import load
from tests.support.questions import infer_path, question

pytestmark = pytest.mark.lengthy

# Argo CD compares every ten seconds here.
WATCHED_SECONDS = 30
SCALING = {
    "cpu": {"metric": "cpu", "target": 20},
    "requestRate": {
        "metric": "requestRate",
        "target": 10,
        "prometheus": {"windowSeconds": 20, "pollingSeconds": 5},
    },
}


@pytest.mark.parametrize("metric", SCALING)
def test_an_application_stays_synced_while_replicas_come(environment, endpoint, model, version, metric):
    application = environment.deploy(model, version("v1", autoscaling={"maxReplicas": 2, **SCALING[metric]}))
    endpoint.wait_until_ready()
    syncs, seen = application.syncs, set()

    def scaled_out():
        seen.add(application.state[0])
        return endpoint.replicas == 2

    with load(endpoint, infer_path("late"), json.dumps(question()).encode()) as running:
        wait_until(scaled_out, timeout_seconds=300)
        end = time.monotonic() + WATCHED_SECONDS
        wait_until(lambda: scaled_out() and time.monotonic() > end)

    assert not running.lost
    assert seen == {"Synced"}
    assert application.syncs == syncs
