"""Tests on a real cluster: the one of KUBECONFIG, in a namespace of its own for each test."""

import os
import re

import pytest

from tests.support.cluster import temporary_namespace
from tests.support.helm import CommandError, kubectl


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        from tests.support.charts import cases

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
