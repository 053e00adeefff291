"""From the registry to an answer: charts/endpoint and charts/serving-runtime as they are, the model by `mlflow://`."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from slipway.settings import Settings
from tests.support.cluster import apply, find, temporary_namespace
from tests.support.cluster_mlflow import PASSWORD, PORT, SECRET, USER, forwarded, start_mlflow
from tests.support.endpoint import CHART, GATEWAY, GatewayConnection
from tests.support.helm import kubectl
from tests.support.node_images import image_on_node, image_values
from tests.support.register_once import register_once
from tests.support.registry_bundle import registry_bundle
from tests.support.runtime import installed_runtime
from tests.support.serving_process import ask

pytestmark = pytest.mark.lengthy

WEIGHTS = (2.0, 3.0)
CHANGE = """
import pathlib, sys
card = sys.stdin.read()
for path in pathlib.Path("/data/artifacts").rglob("bundle/card.md"):
    if path.read_text() == card:
        path.write_text(card + "changed")
        print(path)
"""


@pytest.fixture(scope="module")
def registry(cluster, tmp_path_factory):
    """The namespace and the address of a registry with two versions of `tiny`, and their bundles."""
    folder = tmp_path_factory.mktemp("registry")
    with temporary_namespace("deploy-registry") as home, pytest.MonkeyPatch.context() as patch:
        start_mlflow(home, image_on_node("mlflow"))
        patch.setenv("MLFLOW_TRACKING_USERNAME", USER)
        patch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
        with forwarded(home) as address:
            bundles = [registry_bundle(folder / f"weight-{weight:g}", weight=weight) for weight in WEIGHTS]
            for bundle in bundles:
                register_once(bundle, settings_of(address, folder), "tiny")
            yield home, address, bundles


def settings_of(address, folder):
    return Settings(home=folder / "home", tracking_uri=address, tracking_timeout_seconds=120)


@pytest.fixture(scope="module")
def fetching_runtime(cluster):
    """The name of a runtime beside which models of the registry are fetched."""
    storage = {"image": image_values(image_on_node("release"))}
    with installed_runtime({"storage": storage}) as name:
        yield name


@pytest.fixture
def project(tmp_path, namespace, registry, fetching_runtime, monkeypatch, project):
    """The project with the real chart; its endpoints may reach the registry."""
    home, address, _ = registry
    monkeypatch.setenv("SLIPWAY_TRACKING_URI", address)
    monkeypatch.setenv("SLIPWAY_TRACKING_TIMEOUT_SECONDS", "120")
    login = {"MLFLOW_TRACKING_USERNAME": USER, "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    data = {**login, "SLIPWAY_TRACKING_URI": f"http://mlflow.{home}.svc:{PORT}"}
    apply([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": data}], namespace)
    chart = project.root / "charts/endpoint"
    chart.rename(chart.with_name("small"))
    chart.symlink_to(CHART)
    values = {
        "runtime": fetching_runtime,
        "storage": {"container": fetching_runtime},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    Path(project.root / "infra/environments/dev/values.yaml").write_text(yaml.safe_dump(values))
    return project


def change_stored(namespace, card):
    """Change the card of one bundle behind the registry's back."""
    place = ("exec", "--stdin", "mlflow", "--namespace", namespace)
    changed = kubectl(*place, "--", "python", "-c", CHANGE, stdin=card).split()
    assert len(changed) == 1, changed


def predictions(url, bundle):
    answer = ask(
        GatewayConnection(urlsplit(url).netloc), "POST", f"{urlsplit(url).path}/infer", bundle.input_example
    )
    return answer.json["outputs"][0]["data"], answer.headers["slipway-bundle-digest"]


def test_two_versions_one_after_the_other_and_then_nothing(project, registry, command):
    *_, (first, second) = registry

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
    home, address, (first, _) = registry
    url = command("deploy", "models:/tiny/1", "--env", "dev").out.strip()
    third = registry_bundle(tmp_path / "third", weight=4.0)
    register_once(third, settings_of(address, tmp_path), "tiny")
    dry = command("deploy", "models:/tiny/3", "--env", "dev", "--dry-run")  # keeps the bundle as it was registered
    assert f"mlflow://tiny/3?digest={third.digest}" in dry.out
    change_stored(home, (third.path / "card.md").read_text())

    answer = command("deploy", "models:/tiny/3", "--env", "dev", "--timeout-seconds", "90")

    assert answer.code == 1, answer.err
    assert "container 'storage-initializer' exits with" in answer.err
    assert "card.md has changed" in answer.err
    assert "Version 1 serves on." in answer.err
    assert predictions(url, first)[1] == first.digest
