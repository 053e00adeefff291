"""What is said when Helm is missing or says no; what it does on a cluster is seen on one."""

import os
from pathlib import Path

import pytest
import yaml

from slipway.cluster.helm import Helm
from slipway.errors import ClusterError
from tests.support.deploy_project import SMALL_CHART
from tests.support.helm import helm_path


@pytest.fixture
def helm(monkeypatch, api, tmp_path):
    monkeypatch.setenv("PATH", f"{Path(helm_path()).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "kubeconfig")))
    return Helm("test", "here")


def test_a_missing_helm_says_where_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ClusterError, match=r"'helm' is not on the PATH.*helm.sh/docs/intro/install"):
        Helm("test", "here")


def test_later_values_beat_earlier_ones(helm, tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("image: one:1\nreplicas: 2\n")
    second.write_text("image: two:2\n")

    made = [one for one in yaml.safe_load_all(helm.render("tiny", SMALL_CHART, [first, second])) if one]

    predictor = next(one for one in made if one["kind"] == "InferenceService")["spec"]["predictor"]
    assert (predictor["containers"][0]["image"], predictor["minReplicas"]) == ("two:2", 2)


def test_values_that_the_charts_schema_refuses_are_to_be_corrected(helm, tmp_path):
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: strict\nversion: 0.1.0\n")
    (chart / "values.schema.json").write_text('{"additionalProperties": false, "properties": {"image": {}}}')
    values = tmp_path / "values.yaml"
    values.write_text("imagee: one:1\n")

    with pytest.raises(ClusterError, match=r"imagee.*Correct the values"):
        helm.render("tiny", chart, [values])


def test_a_cluster_that_refuses_is_told_in_its_words(helm, api):
    api.refuse("/api/v1/namespaces/here/secrets", 403, 'secrets is forbidden: User "eve" cannot list')

    with pytest.raises(ClusterError, match=r"helm history failed: .*is forbidden.*doctor --cluster"):
        helm.exists("tiny")


def test_a_release_that_is_not_there_is_no_error(helm, api):
    api.hold("/api/v1/namespaces/here/secrets")

    assert not helm.exists("tiny")
    assert helm.deployed_revision("tiny") is None
