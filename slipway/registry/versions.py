"""Model versions: a bundle becomes exactly one version, however often and by whomever it is registered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from slipway.bundle.bundle import Bundle
from slipway.errors import DigestMismatchError
from slipway.frozen import Frozen
from slipway.registry import artifacts, tags
from slipway.registry.aliases import set_alias
from slipway.registry.failures import error_code, tracking_errors
from slipway.registry.tracking import connect, every
from slipway.registry.uris import require_model_name
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger(__name__)


class RegisteredVersion(Frozen):
    """One version; `created` is False where it stood already."""

    name: str
    version: str
    digest: str
    created: bool


def register_bundle(name: str, bundle: Bundle, run_id: str, settings: Settings) -> RegisteredVersion:
    """Register the bundle that `run_id` holds as a version of `name`, with the alias `challenger`.

    A version with the bundle's digest is reused, and gets back files that the store has lost. Of
    several processes that register the same digest at once, the one with the lowest version wins;
    the others take theirs back.

    Raises:
        DigestMismatchError, BundleError: the folder is not the bundle it was; nothing is registered.
        ParityError: its parity certificate did not pass; nothing is registered.
        RegistryError: the run does not hold the whole bundle; nothing is registered.
        TrackingUnreachableError: the server does not answer; repeat the call when it does.
    """
    require_model_name(name)
    _require_unchanged(bundle)
    client = connect(settings)
    with tracking_errors(settings, f"register model '{name}'"):
        before = _versions_of(client, name, bundle.digest)
        if before:
            artifacts.restore_bundle(client, before[0].run_id, bundle, settings)
        else:
            artifacts.require_bundle(client, run_id, bundle, settings)
            _create(client, name, bundle, run_id)
        winner = _settle(client, name, bundle.digest)
        _mark_challenger(client, name, winner)
        created = not before and str(winner.run_id) == run_id
    logger.info("Model %s has version %s for bundle %s", name, winner.version, bundle.digest)
    return RegisteredVersion(name=name, version=str(winner.version), digest=bundle.digest, created=created)


def _require_unchanged(bundle: Bundle) -> None:
    present = Bundle.open(bundle.path)
    if present.digest != bundle.digest:
        raise DigestMismatchError(
            f"Bundle '{bundle.path}' changed since it was opened",
            expected=bundle.digest,
            got=present.digest,
            cure="Build the bundle again; nothing has been registered.",
        )
    present.parity.require_passed()


def _versions_of(client: MlflowClient, name: str, digest: str) -> list[ModelVersion]:
    """Versions of this model with this digest, oldest first."""
    query = f"name = {tags.quoted(name)} AND tags.`{tags.BUNDLE_DIGEST}` = {tags.quoted(digest)}"
    found = every(client.search_model_versions, filter_string=query)
    return sorted(found, key=lambda version: int(version.version))


def _create(client: MlflowClient, name: str, bundle: Bundle, run_id: str) -> ModelVersion:
    try:
        client.create_registered_model(name)
    except Exception as error:
        if error_code(error) != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(run_id).info.artifact_uri}/{artifacts.BUNDLE_FOLDER}"
    return client.create_model_version(
        name, source, run_id, tags=_facts(bundle), description=_description(bundle), await_creation_for=0
    )


def _settle(client: MlflowClient, name: str, digest: str) -> ModelVersion:
    """Keep the lowest version of this digest.

    Versions are numbered by the database in the order they are committed, so whoever lists after
    creating sees every lower one, and all agree which is the lowest.
    """
    lowest, *doubles = _versions_of(client, name, digest)
    for double in doubles:
        try:
            client.delete_model_version(name, double.version)
        except Exception as error:
            if error_code(error) != "RESOURCE_DOES_NOT_EXIST":  # its own creator was faster
                raise
    return lowest


def _mark_challenger(client: MlflowClient, name: str, version: ModelVersion) -> None:
    """Let the newest registration challenge; a champion that is registered again stays what it is."""
    aliases = client.get_registered_model(name).aliases
    if aliases.get(tags.CHAMPION) != version.version and aliases.get(tags.CHALLENGER) != version.version:
        set_alias(client, name, tags.CHALLENGER, version.version)


def _facts(bundle: Bundle) -> dict[str, Any]:
    parity = bundle.parity
    compared = [parity.held_out] + ([parity.probes] if parity.probes else [])
    lineage = bundle.lineage
    facts = {
        tags.BUNDLE_DIGEST: bundle.digest,
        tags.PARITY: "passed" if parity.passed else "failed",
        tags.PARITY_ERROR: f"{max(one.max_absolute_error for one in compared):.3g}",
        tags.PIPELINE: lineage.pipeline,
        tags.CODE_REVISION: lineage.code_revision,
    }
    datasets = {tags.safe_key(tags.DATASET_PREFIX + node.name): node.digest for node in lineage.datasets}
    return facts | datasets


def _description(bundle: Bundle) -> str:
    evaluation = bundle.evaluation
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in evaluation.metrics.items())
    what = f"{evaluation.task.kind} model of pipeline {bundle.lineage.pipeline}"
    return f"{what}: {metrics} on {evaluation.rows:,} rows"
