"""Promotion: which version is the champion."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from slipway.registry import tags
from slipway.registry.catalogue import VersionSummary, find_version
from slipway.registry.failures import error_code, tracking_errors
from slipway.registry.tracking import connect
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)


def promote(name: str, version: str, settings: Settings) -> VersionSummary:
    """Make a version the champion and give it back; only the release gate calls this.

    A challenger that becomes champion challenges no longer.

    Raises:
        RegistryError: no such model or version; lists those that exist.
    """
    found = find_version(name, version, settings)
    client = connect(settings)
    with tracking_errors(settings, f"promote version {version} of '{name}'"):
        set_alias(client, name, tags.CHAMPION, version)
        if tags.CHALLENGER in found.aliases:
            client.delete_registered_model_alias(name, tags.CHALLENGER)
    logger.info("Promoted version %s of model %s", version, name)
    return find_version(name, version, settings)


def set_alias(client: MlflowClient, name: str, alias: str, version: str) -> None:
    """Point an alias at a version.

    MLflow inserts a new alias without looking, so of two writers at once one is told of a duplicate
    key; asked again, it updates.
    """
    try:
        client.set_registered_model_alias(name, alias, version)
    except Exception as error:
        if error_code(error) != "BAD_REQUEST":
            raise
        client.set_registered_model_alias(name, alias, version)
