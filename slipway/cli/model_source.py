"""From what a person names as MODEL to what a server is started with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slipway.bundle.bundle import Bundle
from slipway.settings import load_settings

_OUTSIDE_URLS = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class ServableModel:
    """A verified bundle, the name to serve it under, and its version in the registry if it has one."""

    bundle: Bundle
    name: str
    version: str | None


def open_model(model: str, name: str | None = None) -> ServableModel:
    """Open a bundle folder, `models:/name@alias`, `models:/name/version` or `runs:/id/path`.

    A registered name may hold spaces; in a URL each becomes '-'.

    Raises:
        UsageError, BundleError, RegistryError: see `slipway.registry.resolve.fetch_bundle`.
    """
    from slipway.registry.resolve import fetch_bundle

    resolved = fetch_bundle(model, load_settings())
    return ServableModel(resolved.bundle, name or _OUTSIDE_URLS.sub("-", resolved.name), resolved.version)
