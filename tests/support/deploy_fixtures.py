"""Fixtures of a project with an environment whose cluster is a server of the test's own."""

import os
import shutil
from pathlib import Path

import pytest

from slipway.deployment.site import Site
from tests.support.deploy_project import DeployProject
from tests.support.helm import helm_path
from tests.support.kubernetes_api import kubernetes_api
from tests.support.rollouts import NAMESPACE


@pytest.fixture
def api():
    with kubernetes_api() as serving:
        yield serving


@pytest.fixture
def project(tmp_path, api, monkeypatch):
    """The project, current."""
    made = DeployProject(tmp_path / "project", NAMESPACE, "server:1")
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("SLIPWAY_HOME", str(made.settings.home))
    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "kubeconfig")))
    return made


@pytest.fixture
def registry(project, migrated_database):
    """The project's registry, empty."""
    project.settings.home.mkdir()
    shutil.copyfile(migrated_database, project.settings.home / "mlflow.db")
    return project.settings


@pytest.fixture
def site(project):
    return Site.open("dev", project.root)


@pytest.fixture
def with_helm(monkeypatch):
    """Helm on the path; skips the test where it cannot be had."""
    monkeypatch.setenv("PATH", f"{Path(helm_path()).parent}:{os.environ['PATH']}")
