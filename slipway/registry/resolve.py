"""From an address to a verified bundle on this machine's disk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from slipway.bundle.bundle import Bundle
from slipway.errors import BundleError, DigestMismatchError, RegistryError
from slipway.registry import artifacts, tags
from slipway.registry.catalogue import VersionSummary, describe_choices, find_version, resolve_alias
from slipway.registry.failures import error_code, tracking_errors
from slipway.registry.lock import exclusive
from slipway.registry.tracking import connect
from slipway.registry.uris import ModelUri, RunUri, mask_credentials, parse_bundle_uri
from slipway.settings import Settings
from slipway.storage import whole_folder

logger = logging.getLogger(__name__)

# Nobody has told the bundle's size before it is here: the time that a gibibyte takes.
_LARGEST_BYTES = 1 << 30
_DISTRUST = "Do not serve it: ask who changed the artifact store, or register the bundle again."


@dataclass(frozen=True)
class ResolvedBundle:
    """A bundle with the name to serve it under; `version` is None outside the registry."""

    bundle: Bundle
    name: str
    version: str | None


def fetch_bundle(uri: str, settings: Settings) -> ResolvedBundle:
    """Open the bundle that an address names, downloading it unless it is in the cache.

    Args:
        uri: `models:/name@alias`, `models:/name/version`, `runs:/id/bundle` or a folder.
        settings: name the registry, and the home folder that holds the cache.

    Raises:
        UsageError: the address has none of these forms.
        RegistryError: no such model, alias, version or run; lists what exists.
        TrackingUnreachableError: the server does not answer.
        DigestMismatchError: what was downloaded is not what was registered; it is not kept.
    """
    address = parse_bundle_uri(uri)
    if isinstance(address, ModelUri):
        return _from_registry(address, settings)
    if isinstance(address, RunUri):
        return _from_run(address, settings)
    bundle = Bundle.open(address)
    return ResolvedBundle(bundle, bundle.lineage.pipeline, None)


def cache_folder(digest: str, settings: Settings) -> Path:
    """Where the bundle with this digest is kept."""
    return settings.home / "bundles" / digest.replace(":", "-")


def _from_registry(address: ModelUri, settings: Settings) -> ResolvedBundle:
    version = _version(address, settings)
    what = f"Version {version.version} of model '{version.name}'"
    client = connect(settings)
    with tracking_errors(settings, f"find the files of '{version.name}' version {version.version}"):
        source = client.get_model_version_download_uri(version.name, version.version)
    bundle = _cached(source, _digest(version.digest, what), settings)
    return ResolvedBundle(bundle, version.name, version.version)


def _version(address: ModelUri, settings: Settings) -> VersionSummary:
    if address.alias:
        return resolve_alias(address.name, address.alias, settings)
    if address.version:
        return find_version(address.name, address.version, settings)
    raise RegistryError(
        f"'models:/{address.name}' names no version",
        expected=f"one of {describe_choices(address.name, settings)}",
        cure=f"Say which, as in 'models:/{address.name}@{tags.CHAMPION}'.",
    )


def _from_run(address: RunUri, settings: Settings) -> ResolvedBundle:
    client = connect(settings)
    with tracking_errors(settings, f"find run {address.run_id}"):
        try:
            run = client.get_run(address.run_id)
        except Exception as error:
            if error_code(error) != "RESOURCE_DOES_NOT_EXIST":
                raise
            cure = "See 'slipway models show NAME' for the runs of a model's versions."
            raise RegistryError(f"There is no run '{address.run_id}'", cure=cure) from error
    digest = _digest(run.data.tags.get(tags.BUNDLE_DIGEST, ""), f"Run {address.run_id}")
    bundle = _cached(f"{run.info.artifact_uri}/{address.path}", digest, settings)
    return ResolvedBundle(bundle, bundle.lineage.pipeline, None)


def _digest(digest: str, what: str) -> str:
    if not digest:
        raise RegistryError(
            f"{what} was not recorded by Slipway: it does not say which bundle it is",
            expected=f"the tag {tags.BUNDLE_DIGEST}",
            cure="Register it through a pipeline run: nothing unverified is served.",
        )
    return digest


def _cached(source: str, digest: str, settings: Settings) -> Bundle:
    target = cache_folder(digest, settings)
    with exclusive(settings.home / "locks" / f"{target.name}.lock"):
        try:
            return _verified(target, digest, str(target))
        except BundleError as error:
            if target.exists():
                logger.warning("The cached bundle is damaged and fetched again: %s", error)
        with whole_folder(target) as scratch:
            artifacts.download_folder(source, scratch, settings, _LARGEST_BYTES)
            _require_any(scratch, source)
            _verified(scratch, digest, mask_credentials(source))
        logger.info("Fetched bundle %s to %s", digest, target)
        return Bundle.open(target)


def _require_any(folder: Path, source: str) -> None:
    if not any(folder.iterdir()):
        raise RegistryError(
            f"The artifact store holds nothing at '{mask_credentials(source)}'",
            cure="Restore the store from its copy, or run the pipeline again, which uploads the bundle anew.",
        )


def _verified(folder: Path, digest: str, place: str) -> Bundle:
    try:
        bundle = Bundle.open(folder)
    except DigestMismatchError as error:
        failed = error.failed.replace(str(folder), place)
        raise DigestMismatchError(failed, cure=_DISTRUST) from error
    if bundle.digest != digest:
        raise DigestMismatchError(
            f"The bundle at '{place}' is not the one that was registered",
            expected=digest,
            got=bundle.digest,
            cure=_DISTRUST,
        )
    return bundle
