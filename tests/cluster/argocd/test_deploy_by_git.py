"""What is pushed arrives, what is reverted comes back, and what is deleted goes."""

import pytest

from tests.support.cluster import find, wait_until
from tests.support.helm import kubectl
from tests.support.questions import EXPECTED, rest_probability


def versions(endpoint):
    return endpoint.ask("GET", "/v2/models/late").json["versions"]


def objects(environment, model):
    """Everything of a model, those that KServe made from it included."""
    kinds = (
        "inferenceservice,deployment,service,pod,horizontalpodautoscaler,serviceaccount,networkpolicy,httproute"
    )
    found = find(kinds, environment.namespace)
    return [one["metadata"]["name"] for one in found if one["metadata"]["name"].startswith(model)]


def test_a_pushed_file_becomes_an_endpoint_that_answers(environment, endpoint, model, version):
    application = environment.deploy(model, version("v1"))

    assert application.state == ("Synced", "Healthy")
    assert application.conditions == {}
    endpoint.wait_until_ready()  # the gateway learns of it a moment later
    assert rest_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)


def test_the_platform_is_written_once_whatever_the_models_do(environment, endpoint, model, version):
    environment.deploy(model, version("v1"))
    environment.deploy(model, version("v2"))

    assert environment.root.state == ("Synced", "Healthy")
    assert environment.root.syncs == 1


def test_a_revert_brings_the_old_model_back(environment, endpoint, model, version):
    environment.deploy(model, version("v1"))
    environment.deploy(model, version("v2"))
    wait_until(lambda: versions(endpoint) == ["v2"])

    environment.application(model).wait_for(environment.revert(model))

    wait_until(lambda: versions(endpoint) == ["v1"])
    endpoint.wait_until_ready()
    assert rest_probability(endpoint, "late") == pytest.approx(EXPECTED, abs=1e-6)


def test_a_deleted_file_takes_its_endpoint_along(environment, endpoint, model, version):
    application = environment.deploy(model, version("v1"))
    assert objects(environment, model)

    environment.push(model, None)

    wait_until(lambda: application.status == {})
    wait_until(lambda: objects(environment, model) == [])


def test_what_is_changed_by_hand_is_put_right(environment, endpoint, model, version):
    environment.deploy(model, version("v1"))
    patch = '{"spec":{"predictor":{"maxReplicas":9}}}'
    kubectl(
        *("patch", "inferenceservice", model, "--namespace", environment.namespace),
        *("--type", "merge", "--patch", patch),
    )

    wait_until(lambda: endpoint.service["spec"]["predictor"]["maxReplicas"] == 3)
