"""`slipway deploy`, `endpoints` and `undeploy` as far as they go without a real cluster."""

import json

import pytest
import yaml

from slipway.errors import ExitCode
from tests.support.command import slipway
from tests.support.ports import closed_port
from tests.support.registry_bundle import registry_bundle
from tests.support.rollouts import DIGESTS, deployment, hold, inference_service, replica_set


@pytest.fixture
def bundle(project, registry, tmp_path):
    made = registry_bundle(tmp_path / "bundle")
    project.register("tiny", made)
    project.set_values("tiny", made, replicas=2)
    return made


def test_a_dry_run_prints_what_would_be_applied_and_asks_no_cluster(bundle, with_helm, monkeypatch, api):
    answer = slipway(monkeypatch, "deploy", "models:/tiny@challenger", "--env", "dev", "--dry-run")

    assert answer.code == ExitCode.OK, answer.err
    service = next(one for one in yaml.safe_load_all(answer.out) if one and one["kind"] == "InferenceService")
    assert service["metadata"]["annotations"]["slipway.dev/digest"] == bundle.digest
    assert service["spec"]["predictor"]["minReplicas"] == 2  # the endpoint's own values
    assert service["spec"]["predictor"]["containers"][0]["image"] == "server:1"  # the environment's
    assert api.seen == []


def test_without_helm_nothing_is_changed(bundle, monkeypatch, api, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    api.hold("/api/v1/namespaces", {"metadata": {"name": "slipway-dev"}})

    answer = slipway(monkeypatch, "deploy", "models:/tiny/1", "--env", "dev")

    assert answer.code == ExitCode.FAILED
    assert "'helm' is not on the PATH" in answer.err
    assert {method for method, _ in api.seen} <= {"GET"}


def test_a_namespace_that_may_not_be_made_is_told(bundle, with_helm, monkeypatch, api):
    api.refuse("/api/v1/namespaces", 403, "namespaces is forbidden")

    answer = slipway(monkeypatch, "deploy", "models:/tiny/1", "--env", "dev")

    assert answer.code == ExitCode.FAILED
    assert "Cannot create Namespace" in answer.err
    assert "namespaces is forbidden" in answer.err


def test_endpoints_are_listed_as_a_table_and_as_json(project, monkeypatch, api):
    hold(api, inference_service(), deployment(), replica_set(ready=1))

    header, row = slipway(monkeypatch, "endpoints").out.splitlines()
    assert header.split() == ["ENVIRONMENT", "URL", "VERSION", "BUNDLE", "REPLICAS", "TRAFFIC", "STATUS"]
    url = "http://tiny-slipway-dev.example.com/v2/models/tiny"
    assert row.split() == ["dev", url, "1", "1" * 12, "1/1", "90", "%", "ready"]
    (listed,) = json.loads(slipway(monkeypatch, "endpoints", "--env", "dev", "--json").out)
    assert (listed["name"], listed["digest"]) == ("tiny", DIGESTS["1"])


def test_no_endpoint_says_how_to_make_one(project, monkeypatch, api):
    hold(api, None, None)

    answer = slipway(monkeypatch, "endpoints")

    assert (answer.code, answer.out) == (ExitCode.OK, "")
    assert "slipway deploy models:/NAME@ALIAS --env ENV" in answer.err


def test_an_environment_that_is_away_hides_no_other(project, monkeypatch, api, tmp_path):
    hold(api, inference_service(), deployment(), replica_set(ready=1))
    away = project.root / "infra/environments/prod/environment.yaml"
    away.parent.mkdir()
    away.write_text("{namespace: slipway-prod, context: elsewhere}")

    answer = slipway(monkeypatch, "endpoints")

    assert answer.code == ExitCode.OK
    assert answer.out.splitlines()[1].startswith("dev ")
    assert "Warning: No cluster can be reached: Context 'elsewhere' not found" in answer.err


def test_a_cluster_that_does_not_answer_ends_with_its_exit_code(project, monkeypatch, api, tmp_path):
    with closed_port() as port:
        api.url = f"http://127.0.0.1:{port}"
        api.write_kubeconfig(tmp_path / "kubeconfig")
        answer = slipway(monkeypatch, "endpoints")

    assert answer.code == ExitCode.UNREACHABLE
    assert "Check that the cluster runs" in answer.err


def test_what_git_deployed_is_not_removed_by_hand(project, with_helm, monkeypatch, api):
    api.hold("/api/v1/namespaces/slipway-dev/secrets")
    hold(api, inference_service(), deployment(), replica_set(ready=1))

    answer = slipway(monkeypatch, "undeploy", "tiny", "--env", "dev", "--yes")

    assert answer.code == ExitCode.USAGE
    assert "was not made by 'slipway deploy'" in answer.err


def test_an_unknown_endpoint_lists_those_there_are(project, with_helm, monkeypatch, api):
    api.hold("/api/v1/namespaces/slipway-dev/secrets")
    hold(api, inference_service(), deployment(), replica_set(ready=1))

    answer = slipway(monkeypatch, "undeploy", "tinny", "--env", "dev")

    assert answer.code == ExitCode.USAGE
    assert "There is no endpoint 'tinny' in 'dev': expected one of: tiny." in answer.err
