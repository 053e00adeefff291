"""The serving runtime: it passes its own tests, and goes as it came."""

from tests.support.helm import helm, kubectl
from tests.support.runtime import RELEASE, installed_runtime

KINDS = "clusterservingruntimes,clusterstoragecontainers"


def test_a_runtime_passes_its_own_tests_and_leaves_nothing():
    with installed_runtime({"storage": {"enabled": False}}) as name:
        assert f"/{name}\n" in kubectl("get", KINDS, "--output", "name")
        helm("test", RELEASE, "--namespace", name, "--timeout", "120s")
        helm("uninstall", RELEASE, "--namespace", name, "--wait")
        assert name not in kubectl("get", KINDS, "--output", "name")
