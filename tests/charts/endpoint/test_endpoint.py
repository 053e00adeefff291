"""What the values of an endpoint become."""

import pytest

from tests.support.charts import FOLDER, NAMESPACE, objects_of
from tests.support.helm import CommandError, template

CHART = FOLDER / "endpoint"
BASE = ("model.name=late", "model.uri=mlflow://late/3")
DIGEST = "sha256:" + "1" * 64


def rendered(*values):
    kinds = {value: "--set-string" if value.startswith("model.") else "--set" for value in (*BASE, *values)}
    options = [word for value, kind in kinds.items() for word in (kind, value)]
    return tuple(template(CHART, (), "late", NAMESPACE, *options))


def service(*values):
    (found,) = objects_of(rendered(*values), "InferenceService")
    return found


@pytest.mark.parametrize(
    ("values", "kserve", "own"),
    [
        ((), "hpa", 0),
        (("autoscaling.metric=requestRate",), "external", 1),
        (("autoscaling.metric=requestsInFlight",), "external", 1),
        (("autoscaling.enabled=false", "autoscaling.metric=requestRate"), "none", 0),
    ],
)
def test_one_autoscaler_and_no_other(values, kserve, own):
    found = rendered(*values)
    assert service(*values)["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == kserve
    assert len(objects_of(found, "ScaledObject")) == own


def test_a_fixed_number_of_replicas_is_both_the_fewest_and_the_most():
    predictor = service("autoscaling.enabled=false", "autoscaling.minReplicas=2")["spec"]["predictor"]
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (2, 2)


def test_a_digest_is_asked_of_the_registry_and_of_the_server():
    found = service(f"model.digest={DIGEST}", "model.version=3")
    assert found["spec"]["predictor"]["model"]["storageUri"] == f"mlflow://late/3?digest={DIGEST}"
    annotations = found["metadata"]["annotations"]
    assert [annotations[f"slipway.dev/{fact}"] for fact in ("model", "version", "digest")] == ["late", "3", DIGEST]


def test_a_digest_of_another_store_is_asked_of_the_server_alone():
    found = service("model.uri=s3://models/late", f"model.digest={DIGEST}")
    assert found["spec"]["predictor"]["model"]["storageUri"] == "s3://models/late"
    assert found["metadata"]["annotations"]["slipway.dev/digest"] == DIGEST


def test_a_newer_chart_alone_restarts_no_pod():
    """KServe puts the labels of an InferenceService on its pods."""
    assert "helm.sh/chart" not in service()["metadata"]["labels"]


@pytest.mark.parametrize(
    "wrong",
    [
        "model.digest=sha256:12",
        "model.name=late flights",
        "model.uri=/mnt/models",
        f"model.uri=mlflow://late/3?digest={DIGEST}",
        "autoscaling.minReplicas=0",
        "autoscaling.metric=memory",
    ],
)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(CommandError, match=wrong.partition("=")[0].rpartition(".")[2]):
        rendered(wrong)
