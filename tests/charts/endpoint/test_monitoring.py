"""What alerts, the dashboard and the autoscaler ask Prometheus is what the server tells it."""

import json
import re

import pytest

from docs.parts.server import metrics
from tests.support.charts import FOLDER, NAMESPACE, RELEASE, Case, objects_of, render

PRODUCTION = Case("endpoint", FOLDER / "endpoint/ci/production-values.yaml")
_METRIC = re.compile(r"\b(?:slipway|process)_\w+")
_SUFFIXES = ("_bucket", "_sum", "_count")
# Those of every exporter, which the server's page does not list one by one.
_COMMON = {"process_cpu_seconds_total", "process_resident_memory_bytes"}


@pytest.fixture
def told():
    """Every metric of the server, as its page lists them."""
    return set(_METRIC.findall(metrics())) | _COMMON


@pytest.fixture
def production():
    return render(PRODUCTION, FOLDER / "endpoint")


def queries(production):
    """Every expression in PromQL, by what asks it."""
    for group in objects_of(production, "PrometheusRule")[0]["spec"]["groups"]:
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])
    for panel in dashboard(production)["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])
    for trigger in objects_of(production, "ScaledObject")[0]["spec"]["triggers"]:
        yield trigger["type"], trigger["metadata"]["query"]


def dashboard(production):
    (text,) = objects_of(production, "ConfigMap")[0]["data"].values()
    return json.loads(text)


def test_every_metric_is_one_that_the_server_has(production, told):
    for name, query in queries(production):
        asked = _METRIC.findall(query)
        assert asked, name
        for metric in asked:
            base = next((metric.removesuffix(end) for end in _SUFFIXES if metric.endswith(end)), metric)
            assert {metric, base} & told, f"{name}: {metric}"


def test_every_query_is_about_this_endpoint_alone(production):
    own = f'namespace="{NAMESPACE}",pod=~"{RELEASE}-predictor-[a-z0-9]+-[a-z0-9]+"'
    for name, query in queries(production):
        assert len(_METRIC.findall(query)) == query.count(own), name


def test_every_alert_says_what_it_means_and_what_to_do(production):
    for group in objects_of(production, "PrometheusRule")[0]["spec"]["groups"]:
        for rule in group["rules"]:
            assert {"summary", "description"} == set(rule["annotations"]), rule["alert"]


def test_the_readme_lists_every_alert(production):
    readme = (FOLDER / "endpoint/README.md").read_text(encoding="utf-8")
    alerts = {rule["alert"] for rule in objects_of(production, "PrometheusRule")[0]["spec"]["groups"][0]["rules"]}
    assert set(re.findall(r"^\| `(Endpoint\w+)`", readme, re.MULTILINE)) == alerts
