"""Fixtures of an embedded registry: a real SQLite store, migrated once a session and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from slipway.bundle.bundle import Bundle
from slipway.registry.embedded import ensure_database
from slipway.registry.tracking import connect
from slipway.settings import Settings
from tests.support.registry_bundle import registry_bundle


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(home=tmp_path_factory.mktemp("template"), tracking_uri="")
    file = settings.home / "mlflow.db"
    ensure_database(file, settings)
    return file


@pytest.fixture
def settings(tmp_path: Path, migrated_database: Path) -> Settings:
    """An embedded registry, empty, in a home with a space in its name."""
    home = tmp_path / "a home"
    home.mkdir()
    shutil.copyfile(migrated_database, home / "mlflow.db")
    return Settings(home=home, tracking_uri="", code_revision="deadbeef")


@pytest.fixture
def client(settings: Settings):
    return connect(settings)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return registry_bundle(tmp_path / "bundle")
