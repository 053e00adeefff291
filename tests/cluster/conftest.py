"""Tests on a real cluster: the one of KUBECONFIG, in a namespace of its own for each test."""

import os
import re

import pytest

from tests.support.charts import cases
from tests.support.cluster import temporary_namespace
from tests.support.endpoint import Endpoint
from tests.support.helm import CommandError, kubectl
from tests.support.model_volume import fill_volume
from tests.support.node_images import image_on_node, image_values
from tests.support.runtime import installed_runtime
from tests.support.tiny_bundle import tiny_bundle


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases(), ids=str)


@pytest.fixture(scope="session", autouse=True)
def cluster():
    """The cluster; without one there is nothing to test here."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster to test on")
    try:
        return kubectl("version")
    except CommandError as error:
        pytest.skip(f"the cluster of KUBECONFIG does not answer: {error}")


@pytest.fixture
def namespace(request):
    """A namespace that takes only restricted pods, named after the test's file."""
    name = re.sub(r"[^a-z0-9]+", "-", request.path.stem.removeprefix("test_"))
    with temporary_namespace(name) as unique:
        yield unique


@pytest.fixture(scope="session")
def runtime(cluster):
    """The name of a ClusterServingRuntime that serves with the checkout's own server."""
    with installed_runtime({"storage": {"enabled": False}}) as name:
        yield name


@pytest.fixture
def endpoint(namespace, runtime):
    """An endpoint called 'tiny', not installed yet."""
    base = {
        "runtime": runtime,
        "tests": {"image": image_values(image_on_node("serving"))},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    return Endpoint("tiny", namespace, base)


@pytest.fixture
def volume(namespace, tmp_path):
    """Two versions of the tiny model on a volume; returns their bundles by the path on it."""
    bundles = {name: tiny_bundle(tmp_path / name) for name in ("v1", "v2")}
    fill_volume(namespace, [bundle.path for bundle in bundles.values()], image_on_node("serving"))
    return bundles
