"""An environment that Argo CD keeps, from a repository of the tests' own."""

import secrets

import pytest

from tests.support.cluster import get
from tests.support.endpoint import Endpoint
from tests.support.helm import CommandError
from tests.support.model_volume import fill_volume
from tests.support.node_images import image_on_node
from tests.support.platform import platform
from tests.support.tiny_bundle import tiny_bundle


@pytest.fixture(scope="session")
def argocd(cluster):
    """Argo CD with a Git server beside it; without them there is nothing to test here."""
    try:
        get("statefulset", "argocd-application-controller", "argocd")
        get("deployment", "git", "argocd")
    except CommandError as error:
        pytest.skip(f"there is no Argo CD with a Git server in the namespace 'argocd': {error}")


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """Two versions of the tiny model."""
    folder = tmp_path_factory.mktemp("bundles")
    return {name: tiny_bundle(folder / name) for name in ("v1", "v2")}


@pytest.fixture(scope="package")
def environment(argocd, bundles, tmp_path_factory):
    """The environment, with both versions on a volume in its namespace."""
    image = image_on_node("serving")
    name = f"gitops-{secrets.token_hex(2)}"
    with platform(name, tmp_path_factory.mktemp("git") / "clone", image) as made:
        fill_volume(made.namespace, [one.path for one in bundles.values()], image)
        yield made


@pytest.fixture
def model(environment):
    """The name of a model that no other test has; what the test deploys by it goes afterwards."""
    name = f"m{secrets.token_hex(2)}"
    yield name
    environment.withdraw(name)


@pytest.fixture
def endpoint(environment, model):
    """The model's endpoint, which Argo CD makes."""
    return Endpoint(model, environment.namespace, {})


@pytest.fixture
def version(bundles):
    """Values of the model in one of its versions."""

    def values(name, **more):
        model = {"name": "late", "version": name, "digest": bundles[name].digest, "uri": f"pvc://models/{name}"}
        return {"model": model, **more}

    return values
