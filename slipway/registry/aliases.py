"""Promotion: which version is the champion."""

from __future__ import annotations

import logging

from slipway.registry import tags
from slipway.registry.catalogue import VersionSummary, find_version
from slipway.registry.failures import tracking_errors
from slipway.registry.tracking import connect
from slipway.settings import Settings

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
        client.set_registered_model_alias(name, tags.CHAMPION, version)
        if tags.CHALLENGER in found.aliases:
            client.delete_registered_model_alias(name, tags.CHALLENGER)
    logger.info("Promoted version %s of model %s", version, name)
    return find_version(name, version, settings)
