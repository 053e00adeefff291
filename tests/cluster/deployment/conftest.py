"""A project for each test, deployed to the namespace of the test."""

import os
from pathlib import Path

import pytest

from tests.support.command import slipway
from tests.support.deploy_project import DeployProject
from tests.support.endpoint import GATEWAY
from tests.support.helm import helm_path
from tests.support.node_images import image_on_node


@pytest.fixture
def project(tmp_path, namespace, monkeypatch):
    """The project, current, with helm on the path."""
    made = DeployProject(tmp_path / "project", namespace, image_on_node("serving"), GATEWAY.geturl())
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("SLIPWAY_HOME", str(made.settings.home))
    monkeypatch.setenv("PATH", f"{Path(helm_path()).parent}:{os.environ['PATH']}")
    return made


@pytest.fixture
def command(monkeypatch):
    """Run `slipway ARGUMENTS`."""
    return lambda *arguments: slipway(monkeypatch, *arguments)
