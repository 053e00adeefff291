"""A project for each test, deployed to the namespace of the test."""

import os
from pathlib import Path

import pytest

from tests.support.command import slipway
from tests.support.deploy_project import DeployProject
from tests.support.helm import helm_path

GATEWAY = os.environ.get("SLIPWAY_TEST_GATEWAY", "http://127.0.0.1:8088")


@pytest.fixture(scope="session")
def image():
    """The server's image, which the nodes have."""
    if found := os.environ.get("SLIPWAY_TEST_SERVING_IMAGE"):
        return found
    pytest.skip("SLIPWAY_TEST_SERVING_IMAGE names no image of the model server that the nodes have")


@pytest.fixture
def project(tmp_path, namespace, image, monkeypatch):
    """The project, current, with helm on the path."""
    made = DeployProject(tmp_path / "project", namespace, image, GATEWAY)
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("SLIPWAY_HOME", str(made.settings.home))
    monkeypatch.setenv("PATH", f"{Path(helm_path()).parent}:{os.environ['PATH']}")
    return made


@pytest.fixture
def command(monkeypatch):
    """Run `slipway ARGUMENTS`."""
    return lambda *arguments: slipway(monkeypatch, *arguments)
