"""From the registry to an answer: charts/endpoint and charts/serving-runtime as they are, the model by `mlflow://`."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from slipway.settings import Settings
from tests.support.cluster import apply, find, temporary_namespace
from tests.support.endpoint import CHART, GATEWAY, GatewayConnection
from tests.support.node_images import image_on_node, image_values
from tests.support.pod_registry import registry_in_pod
from tests.support.register_once import register_once
from tests.support.registry_bundle import registry_bundle
from tests.support.runtime import installed_runtime
from tests.support.serving_process import ask

WEIGHTS = (2.0, 3.0)


@pytest.fixture(scope="module")
def registry(cluster, tmp_path_factory):
    """A registry with two versions of `tiny`, and their bundles."""
    folder = tmp_path_factory.mktemp("registry")
    with temporary_namespace("deploy-registry") as home, registry_in_pod(home) as found:
        settings = Settings(home=folder / "home", tracking_uri=found.uri)
        bundles = [registry_bundle(folder / f"weight-{weight:g}", weight=weight) for weight in WEIGHTS]
        for bundle in bundles:
            register_once(bundle, settings, "tiny")
        yield found, bundles


@pytest.fixture(scope="module")
def fetching_runtime(cluster):
    """The name of a runtime beside which models of the registry are fetched."""
    storage = {"name": "slipway-test-mlflow", "image": image_values(image_on_node("release"))}
    with installed_runtime({"storage": storage}) as name:
        yield name


@pytest.fixture
def project(tmp_path, namespace, registry, fetching_runtime, monkeypatch, project):
    """The project with the real chart; its endpoints may reach the registry."""
    found, _ = registry
    monkeypatch.setenv("SLIPWAY_TRACKING_URI", found.uri)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "slipway-registry"}}
    apply([{**secret, "stringData": {"SLIPWAY_TRACKING_URI": found.inner_uri}}], namespace)
    chart = project.root / "charts/endpoint"
    chart.rename(chart.with_name("small"))
    chart.symlink_to(CHART)
    values = {
        "runtime": fetching_runtime,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    Path(project.root / "infra/environments/dev/values.yaml").write_text(yaml.safe_dump(values))
    return project


def predictions(url, bundle):
    answer = ask(
        GatewayConnection(urlsplit(url).netloc), "POST", f"{urlsplit(url).path}/infer", bundle.input_example
    )
    return answer.json["outputs"][0]["data"], answer.headers["slipway-bundle-digest"]


def test_two_versions_one_after_the_other_and_then_nothing(project, registry, command):
    _, (first, second) = registry

    answer = command("deploy", "models:/tiny/1", "--env", "dev")
    assert answer.code == 0, answer.err
    url = answer.out.strip()
    assert predictions(url, first) == ([2.0, 4.0], first.digest)

    answer = command("deploy", "models:/tiny@challenger", "--env", "dev")
    assert answer.code == 0, answer.err
    assert predictions(url, second) == ([3.0, 6.0], second.digest)
    (listed,) = json.loads(command("endpoints", "--env", "dev", "--json").out)
    assert (listed["version"], listed["is_ready"], listed["reason"]) == ("2", True, "")
    explained = command("why", url, "--gateway", GATEWAY.geturl())
    assert f"bundle {second.digest}" in explained.out

    removed = command("undeploy", "tiny", "--env", "dev", "--yes")
    assert removed.code == 0, removed.err
    kinds = "pods,inferenceservices,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers"
    assert find(kinds, project.namespace) == []


def test_doctor_is_content_with_this_cluster(project, command):
    answer = command("doctor", "--cluster", "--json")

    assert answer.code == 0, answer.err
    found = {one["name"]: one["status"] for one in json.loads(answer.out)}
    assert "fail" not in found.values()
    assert found["serving runtime"] == found["permissions"] == found["room"] == "ok"


def test_a_bundle_that_the_store_changed_is_named_and_the_old_one_serves(project, registry, command, tmp_path):
    found, (first, _) = registry
    url = command("deploy", "models:/tiny/1", "--env", "dev").out.strip()
    third = registry_bundle(tmp_path / "third", weight=4.0)
    register_once(third, Settings(home=tmp_path / "home", tracking_uri=found.uri), "tiny")
    dry = command("deploy", "models:/tiny/3", "--env", "dev", "--dry-run")  # keeps the bundle as it was registered
    assert f"mlflow://tiny/3?digest={third.digest}" in dry.out
    found.change_file("card.md", (third.path / "card.md").read_text())

    answer = command("deploy", "models:/tiny/3", "--env", "dev", "--timeout-seconds", "90")

    assert answer.code == 1, answer.err
    assert "container 'storage-initializer' exits with" in answer.err
    assert "card.md has changed" in answer.err
    assert "Version 1 serves on." in answer.err
    assert predictions(url, first)[1] == first.digest
