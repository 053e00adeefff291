"""From an address in the registry to what an endpoint should serve."""

import pytest

from slipway.deployment.facts import Facts, endpoint_name
from slipway.deployment.wanted import resolve
from slipway.errors import RegistryError, UsageError
from tests.support.registry_bundle import registry_bundle


@pytest.mark.parametrize(
    ("model", "name"), [("flight-delay", "flight-delay"), ("Flight_Delay v2", "flight-delay-v2"), ("3d", "m-3d")]
)
def test_an_endpoints_name_is_one_that_kubernetes_takes(model, name):
    assert endpoint_name(model, "slipway-dev") == name


@pytest.mark.parametrize("model", ["...", "m" * 42])
def test_a_name_that_cannot_be_a_host_is_refused(model):
    with pytest.raises(UsageError, match="expected 1 to 41 letters"):
        endpoint_name(model, "slipway-dev")


def test_an_alias_becomes_a_version_and_a_digest(project, registry, tmp_path):
    bundle = registry_bundle(tmp_path / "bundle")
    project.register("a model", bundle)

    wanted = resolve("models:/a model@challenger", "here", registry)

    assert wanted.facts == Facts("a-model", "1", bundle.digest)
    assert wanted.values == {
        "model": {"name": "a-model", "version": "1", "digest": bundle.digest, "uri": "mlflow://a%20model/1"}
    }


def test_only_what_is_registered_is_deployed(project, registry, tmp_path):
    project.register("tiny", registry_bundle(tmp_path / "bundle"))

    with pytest.raises(UsageError, match="a cluster fetches models from the registry only"):
        resolve(str(tmp_path / "bundle"), "here", registry)
    with pytest.raises(RegistryError, match="has no alias 'champion'"):
        resolve("models:/tiny@champion", "here", registry)
    with pytest.raises(RegistryError, match="names no version"):
        resolve("models:/tiny", "here", registry)
