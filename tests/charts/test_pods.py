"""Every pod is one that the Pod Security Standard 'restricted' takes, and asks for what it needs."""

import pytest

from tests.support.pods import pods_of


@pytest.fixture
def pods(rendered):
    return [found for one in rendered for found in pods_of(one)]


@pytest.fixture
def containers(pods):
    """Each container with its name, and the security context of its pod under its own."""
    return [
        (f"{one}: {container['name']}", _security(one, container), container)
        for one in pods
        for container in one.containers
    ]


def test_a_container_may_nothing(containers):
    for name, security, _ in containers:
        assert security.get("runAsNonRoot") is True, name
        assert security.get("seccompProfile", {}).get("type") == "RuntimeDefault", name
        assert security.get("allowPrivilegeEscalation") is False, name
        assert security.get("capabilities") == {"drop": ["ALL"]}, name
        assert security.get("readOnlyRootFilesystem") is True, name
        assert not security.get("privileged"), name


def test_a_pod_shares_nothing_with_its_node(pods):
    for one in pods:
        assert not {"hostNetwork", "hostPID", "hostIPC"}.intersection(one.spec), str(one)
        assert not any("hostPath" in volume for volume in one.spec.get("volumes", [])), str(one)


def test_a_container_asks_for_what_it_needs(containers):
    for name, _, container in containers:
        resources = container.get("resources", {})
        assert {"cpu", "memory"} <= set(resources.get("requests", {})), name
        assert "memory" in resources.get("limits", {}), name


def test_a_container_that_lasts_is_probed(pods):
    for one in pods:
        for container in one.spec.get("containers", []) if one.is_lasting else []:
            assert {"readinessProbe", "livenessProbe"} <= set(container), f"{one}: {container['name']}"


def _security(pods, container):
    return {**pods.spec.get("securityContext", {}), **container.get("securityContext", {})}
