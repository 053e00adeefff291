"""What alerts, the dashboard and the autoscaler ask Prometheus is what the server tells it."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from docs.parts.server import metrics
from tests.support.charts import FOLDER, NAMESPACE, RELEASE, Case, objects_of, render
from tests.support.helm import run

ALERTS = Path(__file__).with_name("alerts.yaml")
PRODUCTION = Case("endpoint", FOLDER / "endpoint/ci/production-values.yaml")
_METRIC = re.compile(r"\b(?:slipway|process|kube_deployment)_\w+")
_SUFFIXES = ("_bucket", "_sum", "_count")
# Those of every exporter, which the server's page does not list one by one, and of kube-state-metrics.
_COMMON = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
_OF_KUBERNETES = {"kube_deployment_status_condition"}


@pytest.fixture
def told():
    """Every metric of the server, as its page lists them."""
    return set(_METRIC.findall(metrics())) | _COMMON | _OF_KUBERNETES


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
    pods = f'namespace="{NAMESPACE}",pod=~"{RELEASE}-predictor-[a-z0-9]+-[a-z0-9]+"'
    deployment = f'namespace="{NAMESPACE}",deployment="{RELEASE}-predictor"'
    for name, query in queries(production):
        assert len(_METRIC.findall(query)) == query.count(pods) + query.count(deployment), name


def test_every_alert_says_what_it_means_and_what_to_do(production):
    for group in objects_of(production, "PrometheusRule")[0]["spec"]["groups"]:
        for rule in group["rules"]:
            assert {"summary", "description"} == set(rule["annotations"]), rule["alert"]


def test_alerts_come_when_they_should_and_only_then(production, tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool on the PATH; it comes with Prometheus")
    rules = objects_of(production, "PrometheusRule")[0]["spec"]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules))
    shutil.copy(ALERTS, tmp_path)
    run([promtool, "test", "rules", str(tmp_path / ALERTS.name)])
    assert {rule["alert"] for group in rules["groups"] for rule in group["rules"]} <= alerts_told_of()


def alerts_told_of():
    """Alerts that some test expects to come."""
    tests = yaml.safe_load(ALERTS.read_text())["tests"]
    return {one["alertname"] for test in tests for one in test["alert_rule_test"] if one.get("exp_alerts")}


def test_the_readme_lists_every_alert(production):
    readme = (FOLDER / "endpoint/README.md").read_text(encoding="utf-8")
    alerts = {rule["alert"] for rule in objects_of(production, "PrometheusRule")[0]["spec"]["groups"][0]["rules"]}
    assert set(re.findall(r"^\| `(Endpoint\w+)`", readme, re.MULTILINE)) == alerts
