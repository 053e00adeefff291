"""A file with a mistake changes nothing that runs, and Argo CD says where the mistake is."""

import pytest

from tests.support.cluster import wait_until

BAD_DIGEST = "sha256:" + "0" * 63
# After an error, an ApplicationSet may look again only when its three minutes are over.
POLL_SECONDS = 240
OTHER_DIGEST = "sha256:" + "0" * 64


def unknown_key(values):
    return {**values, "autoscalling": {"maxReplicas": 5}}


def bad_digest(values):
    return {**values, "model": {**values["model"], "digest": BAD_DIGEST}}


def no_uri(values):
    return {**values, "model": {"name": "late"}}


@pytest.mark.parametrize(
    ("spoil", "named"), [(unknown_key, "autoscalling"), (bad_digest, "/model/digest"), (no_uri, "uri")]
)
def test_it_is_named_and_what_runs_goes_on(environment, endpoint, model, version, spoil, named):
    application = environment.deploy(model, version("v1"))
    before = endpoint.service["metadata"]

    environment.push(model, spoil(version("v2")))
    wait_until(lambda: named in application.conditions.get("ComparisonError", ""))

    after = endpoint.service["metadata"]
    assert (after["uid"], after["generation"]) == (before["uid"], before["generation"])
    assert endpoint.ask("GET", "/v2/models/late").json["versions"] == ["v1"]

    application.wait_for(environment.revert(model))
    assert application.conditions == {}


def test_a_bundle_with_another_digest_never_takes_over(environment, endpoint, model, version):
    application = environment.deploy(model, version("v1"))
    other = version("v2")
    other["model"]["digest"] = OTHER_DIGEST

    environment.push(model, other)
    wait_until(lambda: any(f"expected {OTHER_DIGEST}" in str(pod["status"]) for pod in endpoint.pods))
    assert endpoint.ask("GET", "/v2/models/late").json["versions"] == ["v1"]

    application.wait_for(environment.revert(model))
    wait_until(lambda: not any(OTHER_DIGEST in str(pod) for pod in endpoint.pods))
    assert endpoint.ask("GET", "/v2/models/late").json["versions"] == ["v1"]


@pytest.mark.lengthy
def test_a_file_that_is_no_yaml_is_named_and_the_others_go_on(environment, endpoint, model, version):
    environment.deploy(model, version("v1"))
    broken = f"{model}-broken"

    environment.push(broken, "model: {name: late\n")
    wait_until(lambda: environment.file(broken) in errors(environment), POLL_SECONDS)

    environment.deploy(model, version("v2"))
    wait_until(lambda: endpoint.ask("GET", "/v2/models/late").json["versions"] == ["v2"])

    environment.push(broken, None)
    wait_until(lambda: errors(environment) == "", POLL_SECONDS)


def errors(environment):
    """What the ApplicationSet cannot do."""
    conditions = environment.models["status"].get("conditions", [])
    return "\n".join(
        one["message"] for one in conditions if one["type"] == "ErrorOccurred" and one["status"] == "True"
    )
