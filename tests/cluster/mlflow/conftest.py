"""One release of the chart for these tests, with users and a route, in a namespace that enforces `restricted`."""

import json
import uuid

import pytest

from slipway.settings import Settings
from tests.support.cluster import temporary_namespace
from tests.support.helm import kubectl
from tests.support.mlflow_release import NAME, USERS, Release, client_settings
from tests.support.port_forward import port_forward
from tests.support.registry_bundle import registry_bundle

HOSTNAME = "mlflow-cluster-test.example.com"


@pytest.fixture(scope="session")
def release(cluster):
    with temporary_namespace("mlflow") as namespace:
        literals = [f"--from-literal={name}={password}" for name, password in USERS.items()]
        kubectl("create", "secret", "generic", "users", "--namespace", namespace, *literals)
        release = Release(namespace)
        release.install(*_users(), *_route(), "--set=auth.defaultPermission=NO_PERMISSIONS")
        yield release
        release.uninstall()


@pytest.fixture(scope="session")
def url(release):
    with port_forward(NAME, 5000, release.namespace) as url:
        yield url


@pytest.fixture
def user(release, monkeypatch):
    """Become a user: the administrator by no name."""

    def become(name: str = "") -> None:
        variables = {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": USERS.get(name, "none")}
        for variable, value in (variables if name else release.admin()).items():
            monkeypatch.setenv(variable, value)

    become()
    return become


@pytest.fixture
def settings(user, url, tmp_path) -> Settings:
    """A client with an experiment of the test's own."""
    return client_settings(url, tmp_path / "home", f"exp-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def name() -> str:
    return f"tiny-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def bundle(tmp_path, name):
    """A bundle of the test's own: its digest depends on the model's name."""
    return registry_bundle(tmp_path / "bundle", weight=1 + int(name[-8:], 16) / 2**33)


def _users() -> list[str]:
    permissions = {"pipelines": "EDIT", "reader": "READ"}
    return [
        f"--set=auth.users[{index}].{key}={value}"
        for index, (name, permission) in enumerate(permissions.items())
        for key, value in (("name", name), ("permission", permission), ("secret", "users"), ("key", name))
    ]


def _route() -> list[str]:
    listed = kubectl("get", "gateways.gateway.networking.k8s.io", "--all-namespaces", "--output", "json")
    gateways = json.loads(listed)["items"]
    if not gateways:
        return []
    place = gateways[0]["metadata"]
    return [
        "--set=route.enabled=true",
        f"--set=route.hostnames[0]={HOSTNAME}",
        f"--set=route.parentRefs[0].name={place['name']}",
        f"--set=route.parentRefs[0].namespace={place['namespace']}",
    ]
