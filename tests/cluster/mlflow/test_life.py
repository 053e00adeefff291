"""Install, upgrade, rollback, uninstall and install again."""

import json

import pytest

from slipway.registry.resolve import fetch_bundle
from tests.support.cluster import find, wait_until
from tests.support.helm import CommandError, kubectl
from tests.support.mlflow_release import NAME, Release, client_settings
from tests.support.port_forward import port_forward
from tests.support.register_once import register_once
from tests.support.registry_bundle import registry_bundle

pytestmark = pytest.mark.lengthy

KINDS = [
    "deployments,statefulsets,jobs,cronjobs,pods,services,configmaps,secrets,serviceaccounts",
    "networkpolicies,poddisruptionbudgets,persistentvolumeclaims",
]


@pytest.fixture
def release(namespace):
    return Release(namespace)


def left(namespace):
    """What a namespace holds beside what every namespace has."""
    listed = json.loads(kubectl("get", ",".join(KINDS), "--namespace", namespace, "--output", "json"))["items"]
    names = {f"{one['kind']}/{one['metadata']['name']}" for one in listed}
    return names - {"ConfigMap/kube-root-ca.crt", "ServiceAccount/default"}


def replicas(release):
    return find("deployments", release.namespace)[0]["status"].get("readyReplicas")


def answers(release, home, digest):
    """Fetch what was registered, as a client that never saw it."""
    with port_forward(NAME, 5000, release.namespace) as url:
        return fetch_bundle("models:/tiny/1", client_settings(url, home)).bundle.digest == digest


@pytest.fixture
def installed(release, tmp_path, monkeypatch):
    """A release with one version registered; gives its digest."""
    release.install()
    for variable, value in release.admin().items():
        monkeypatch.setenv(variable, value)
    bundle = registry_bundle(tmp_path / "bundle")
    with port_forward(NAME, 5000, release.namespace) as url:
        register_once(bundle, client_settings(url, tmp_path / "home"), "tiny")
    return bundle.digest


def test_a_release_is_upgraded_rolled_back_and_refuses_a_schema_that_it_does_not_know(
    release, installed, tmp_path
):
    password = release.admin()
    release.install("--set=replicas=2")
    assert (replicas(release), release.admin()) == (2, password)
    release.roll_back()
    wait_until(lambda: replicas(release) == 1)
    assert release.admin() == password
    release.sql("UPDATE alembic_version SET version_num = 'from_the_future'")
    with pytest.raises(CommandError, match="pre-upgrade"):
        release.install("--set=replicas=2")
    assert replicas(release) == 1
    assert answers(release, tmp_path / "second", installed)


def test_a_release_leaves_what_it_is_told_to_keep_and_takes_it_over_again(release, installed, tmp_path):
    password = release.admin()
    release.uninstall()
    volumes = {f"PersistentVolumeClaim/{NAME}-backups"}
    volumes |= {f"PersistentVolumeClaim/data-{NAME}-{store}-0" for store in ("postgresql", "seaweedfs")}
    wait_until(lambda: left(release.namespace) == {f"Secret/{NAME}-made", *volumes})
    release.install("--set=keepData=false")
    assert release.admin() == password
    assert answers(release, tmp_path / "second", installed)
    release.uninstall()
    wait_until(lambda: left(release.namespace) == set())
