"""The chain behind a model: endpoint, version, bundle, run, code, datasets, source files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.bundle.bundle import Bundle
from slipway.data.provenance import DatasetNode
from slipway.errors import BundleError, RegistryError
from slipway.frozen import Frozen
from slipway.registry import embedded, tags
from slipway.registry.catalogue import VersionSummary, find_digest, list_models
from slipway.registry.endpoint import served_digest
from slipway.registry.failures import error_code, tracking_errors
from slipway.registry.resolve import cache_folder, fetch_bundle
from slipway.registry.tracking import connect
from slipway.registry.uris import RunUri, mask_credentials, parse_bundle_uri
from slipway.settings import Settings


class RunFacts(Frozen):
    """The recorded run; `verdict` is the gate's word."""

    run_id: str
    name: str
    status: str
    verdict: str
    started_at: datetime


class Chain(Frozen):
    """Everything behind one bundle.

    `versions` and `run` are empty for a bundle that the registry does not know; `registry_silent`
    then says why it could not be asked, if so.
    """

    target: str
    endpoint: str
    versions: tuple[VersionSummary, ...]
    bundle_digest: str
    parity_passed: bool
    parity_max_absolute_error: float
    metrics: dict[str, float]
    run: RunFacts | None
    pipeline: str
    code_revision: str
    parameters: dict[str, Any]
    datasets: tuple[DatasetNode, ...]
    registry_silent: str


def explain(target: str, settings: Settings, gateway: str = "") -> Chain:
    """Follow a model address, a bundle folder or an endpoint's URL back to its source files.

    Args:
        target: what to explain.
        settings: name the registry.
        gateway: where to connect if the URL's host does not resolve.

    Raises:
        UsageError, RegistryError, BundleError: as `fetch_bundle`.
        EndpointError: the endpoint does not answer or does not say what it serves.
    """
    if target.startswith(("http://", "https://")):
        return _chain(_served(target, settings, gateway), target, settings, endpoint=mask_credentials(target))
    bundle = fetch_bundle(target, settings).bundle
    try:
        return _chain(bundle, target, settings)
    except RegistryError as error:
        if not isinstance(parse_bundle_uri(target), Path):
            raise
        return _chain_of(bundle, target, registry_silent=error.failed)


def _served(url: str, settings: Settings, gateway: str) -> Bundle:
    names = (model.name for model in list_models(settings))
    digest = served_digest(url, names, settings.tracking_timeout_seconds, gateway)
    for version in find_digest(digest, settings):
        return fetch_bundle(f"models:/{version.name}/{version.version}", settings).bundle
    try:
        return Bundle.open(cache_folder(digest, settings))
    except BundleError as error:
        raise RegistryError(
            f"{mask_credentials(url)} serves bundle {digest}, which this registry does not hold",
            cure="Set SLIPWAY_TRACKING_URI to the registry it came from, or explain the bundle's folder.",
        ) from error


def _chain(bundle: Bundle, target: str, settings: Settings, endpoint: str = "") -> Chain:
    versions = tuple(find_digest(bundle.digest, settings))
    run_id = next((version.run_id for version in versions if version.run_id), "")
    address = None if endpoint else parse_bundle_uri(target)
    run_id = address.run_id if isinstance(address, RunUri) else run_id
    run = _run(run_id, settings) if run_id else None
    return _chain_of(bundle, target, endpoint=endpoint, versions=versions, run=run)


def _chain_of(
    bundle: Bundle,
    target: str,
    *,
    endpoint: str = "",
    versions: tuple[VersionSummary, ...] = (),
    run: RunFacts | None = None,
    registry_silent: str = "",
) -> Chain:
    lineage, parity = bundle.lineage, bundle.parity
    return Chain(
        target=mask_credentials(target),
        endpoint=endpoint,
        versions=versions,
        bundle_digest=bundle.digest,
        parity_passed=parity.passed,
        parity_max_absolute_error=parity.held_out.max_absolute_error,
        metrics=bundle.evaluation.metrics,
        run=run,
        pipeline=lineage.pipeline,
        code_revision=lineage.code_revision,
        parameters=lineage.parameters,
        datasets=lineage.datasets,
        registry_silent=registry_silent,
    )


def _run(run_id: str, settings: Settings) -> RunFacts | None:
    """Read the run; None when somebody deleted it for good."""
    if embedded.is_absent(settings):
        return None
    client = connect(settings)
    with tracking_errors(settings, f"find run {run_id}"):
        try:
            run = client.get_run(run_id)
        except Exception as error:
            if error_code(error) != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
    return RunFacts(
        run_id=run_id,
        name=run.info.run_name or "",
        status=run.info.status,
        verdict=run.data.tags.get(tags.VERDICT, ""),
        started_at=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
    )
