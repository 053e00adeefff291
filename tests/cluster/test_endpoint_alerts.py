"""A real Prometheus answers what the alerts ask it about a real endpoint."""

import json
import re
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.support.cluster import find, wait_until
from tests.support.helm import helm
from tests.support.load import load
from tests.support.model_volume import on_volume
from tests.support.port_forward import port_forward
from tests.support.questions import infer_path
from tests.support.rest_client import entry

# Scraped by annotations here. Series get the same labels as by the Prometheus Operator.
RULES = {"podMonitor": {"enabled": False}, "rules": {"enabled": True}}
FAR_ROWS = 500  # more than the drift is scored for at the least
FAR = {
    "inputs": [
        entry("distance", "FP32", [FAR_ROWS, 1], [1e6] * FAR_ROWS),
        entry("carrier", "BYTES", [FAR_ROWS, 1], ["AA"] * FAR_ROWS),
    ]
}
# Those that are there only once something has gone wrong, and those of kube-state-metrics.
OFTEN_ABSENT = re.compile(r"slipway_rejected_total|status=~|kube_")


@pytest.fixture(scope="module")
def prometheus(cluster):
    with port_forward("prometheus", 9090, "monitoring") as url:
        yield url


@pytest.fixture
def watched(endpoint, volume):
    """The endpoint with its alerts, serving."""
    endpoint.upgrade({**on_volume("v1", volume["v1"].digest), "monitoring": RULES})
    return endpoint


@pytest.fixture
def alerts(watched):
    """Each alert's expression, as the cluster has it."""
    (found,) = find("prometheusrules", watched.namespace)
    return {rule["alert"]: rule["expr"] for group in found["spec"]["groups"] for rule in group["rules"]}


@pytest.fixture
def ask(prometheus):
    """The series that an expression has now, as Prometheus gives them."""

    def answer(expression):
        with urlopen(f"{prometheus}/api/v1/query?query={quote(expression)}", timeout=30) as response:
            return json.load(response)["data"]["result"]

    return answer


def test_every_series_of_an_alert_is_scraped(watched, alerts, ask):
    selectors = {one for expression in alerts.values() for one in re.findall(r"\w+\{[^}]*\}", expression)}
    expected = {one for one in selectors if not OFTEN_ABSENT.search(one)}
    assert expected

    with load(watched, infer_path("late"), json.dumps(FAR).encode(), clients=1, pause_seconds=0.1):
        wait_until(lambda: all(ask(one) for one in expected))


def test_nothing_is_told_of_an_endpoint_that_answers(watched, alerts, ask):
    wait_until(lambda: ask("slipway_server_ready" + own(alerts)))
    assert {name: ask(expression) for name, expression in alerts.items() if ask(expression)} == {}


def test_drift_is_told_with_its_feature(watched, alerts, ask):
    with load(watched, infer_path("late"), json.dumps(FAR).encode(), clients=1, pause_seconds=0.1):
        wait_until(lambda: ask(alerts["EndpointDrifts"]))
    assert "distance" in {one["metric"]["feature"] for one in ask(alerts["EndpointDrifts"])}


def test_an_endpoint_that_has_gone_is_down(watched, alerts, ask):
    wait_until(lambda: not ask(alerts["EndpointDown"]))
    helm("uninstall", watched.name, "--namespace", watched.namespace)
    wait_until(lambda: ask(alerts["EndpointDown"]))


def own(alerts):
    """The labels of this endpoint's series."""
    return re.findall(r"slipway_server_ready(\{[^}]*\})", alerts["EndpointDown"])[0]
