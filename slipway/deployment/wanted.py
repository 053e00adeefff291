"""What an endpoint should serve: a registered version, with the bundle that says how it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from slipway.deployment.facts import Facts, endpoint_name
from slipway.errors import UsageError

if TYPE_CHECKING:
    from slipway.bundle.bundle import Bundle
    from slipway.settings import Settings

_OUTSIDE_URLS = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Wanted:
    """One version of a model; `endpoint` names its objects, `registered` the model in the registry."""

    endpoint: str
    registered: str
    facts: Facts
    bundle: Bundle

    @property
    def values(self) -> dict[str, Any]:
        """The values of `charts/endpoint` that say what is served."""
        return {
            "model": {
                "name": self.facts.model,
                "version": self.facts.version,
                "digest": self.facts.digest,
                "uri": f"mlflow://{quote(self.registered)}/{self.facts.version}",
            }
        }


def resolve(address: str, namespace: str, settings: Settings) -> Wanted:
    """Find the version that an address names, and verify its bundle.

    Raises:
        UsageError: the address is none of a registered version.
        RegistryError, BundleError: see `slipway.registry.resolve.fetch_bundle`.
    """
    from slipway.registry.resolve import fetch_bundle
    from slipway.registry.uris import ModelUri, parse_bundle_uri

    if not isinstance(parse_bundle_uri(address), ModelUri):
        raise UsageError(
            f"'{address}' cannot be deployed",
            expected="models:/NAME@ALIAS or models:/NAME/VERSION",
            cure="Register it by a pipeline run: a cluster fetches models from the registry only.",
        )
    found = fetch_bundle(address, settings)
    facts = Facts(_OUTSIDE_URLS.sub("-", found.name), str(found.version), found.bundle.digest)
    return Wanted(endpoint_name(found.name, namespace), found.name, facts, found.bundle)
