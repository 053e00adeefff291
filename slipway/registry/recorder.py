"""One pipeline run as one MLflow run, however often the recording is interrupted and repeated."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.errors import RegistryError, SlipwayError, TrackingUnreachableError
from slipway.registry import artifacts, tags
from slipway.registry.candidates import record_candidates
from slipway.registry.entries import log_metrics, log_parameters
from slipway.registry.failures import error_code, tracking_errors
from slipway.registry.inputs import log_datasets
from slipway.registry.lock import exclusive
from slipway.registry.record import RunRecord
from slipway.registry.tracking import connect, every
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

logger = logging.getLogger(__name__)

_FINISHED = "FINISHED"
_VERDICT_CHARACTERS = 5000


def record_run(record: RunRecord, settings: Settings) -> str:
    """Record a pipeline run and give its run id.

    A finished record of the same key is reused, an unfinished one completed, so a process that is
    killed anywhere and started again leaves one run. Writers that share a home folder take turns.

    Raises:
        TrackingUnreachableError: the server does not answer.
        RegistryError: it refuses; the run is left unfinished.
    """
    client = connect(settings)
    lock = settings.home / "locks" / f"record-{record.key.rpartition(':')[2][:16]}.lock"
    doing = f"record run '{record.name}'"
    with exclusive(lock):
        with tracking_errors(settings, doing):
            run = _find_or_create(client, record, settings)
        try:
            with tracking_errors(settings, doing):
                _complete(client, run, record, settings)
        except SlipwayError as error:
            if not isinstance(error, TrackingUnreachableError):
                _mark_failed(client, run)
            raise
    logger.info("Recorded run %s (%s)", run.info.run_id, record.name)
    return str(run.info.run_id)


def _find_or_create(client: MlflowClient, record: RunRecord, settings: Settings) -> Run:
    experiment = _experiment(client, record.experiment or settings.experiment, settings)
    run = _settle(client, experiment, record.key)
    if run is None:
        client.create_run(experiment, run_name=record.name, tags=_tags(record, settings))
        # Not the run just returned: a lost answer makes the client send the request twice.
        run = _settle(client, experiment, record.key)
    if run is None:
        raise RegistryError(
            f"The tracking server does not find the run '{record.name}' that it just created",
            cure="Check that one database stands behind the server, not a lagging replica.",
        )
    return run


def _settle(client: MlflowClient, experiment: str, key: str) -> Run | None:
    """Find the run of this key: a finished one before others, then the oldest.

    Other unfinished ones are deleted; another finished one stays, for a version may point at it.
    """
    found = every(
        client.search_runs,
        experiment_ids=[experiment],
        filter_string=f"tags.`{tags.RECORD_KEY}` = {tags.quoted(key)}",
    )
    found.sort(key=lambda run: (run.info.status != _FINISHED, run.info.start_time, run.info.run_id))
    for surplus in (run for run in found[1:] if run.info.status != _FINISHED):
        client.delete_run(surplus.info.run_id)
        logger.info("Deleted run %s, a double of %s", surplus.info.run_id, found[0].info.run_id)
    return found[0] if found else None


def _complete(client: MlflowClient, run: Run, record: RunRecord, settings: Settings) -> None:
    run_id = run.info.run_id
    if run.info.status == _FINISHED:
        _refresh(client, run, record, settings)
        return
    client.update_run(run_id, status="RUNNING")
    log_parameters(client, run, record.parameters)
    log_metrics(client, run, [(name, value, 0) for name, value in record.metrics.items()])
    record_candidates(client, run, record.candidates, settings)
    if record.bundle is not None:
        log_datasets(client, run_id, record.bundle.lineage.datasets)
        artifacts.upload_folder(client, run_id, record.bundle.path, artifacts.BUNDLE_FOLDER, settings)
    _upload_reports(client, run_id, record, settings)
    client.set_terminated(run_id, _FINISHED)


def _refresh(client: MlflowClient, run: Run, record: RunRecord, settings: Settings) -> None:
    """Another verdict on the same bundle (a gate was changed) replaces the first and its reports."""
    verdict = record.verdict[:_VERDICT_CHARACTERS]
    if run.data.tags.get(tags.VERDICT, "") != verdict:
        _upload_reports(client, run.info.run_id, record, settings)
        client.set_tag(run.info.run_id, tags.VERDICT, verdict)


def _upload_reports(client: MlflowClient, run_id: str, record: RunRecord, settings: Settings) -> None:
    if not record.reports:
        return
    with tempfile.TemporaryDirectory() as scratch:
        for name, source in record.reports.items():
            target = Path(scratch) / (name if Path(name).suffix else f"{name}{source.suffix}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        artifacts.upload_folder(client, run_id, Path(scratch), artifacts.REPORTS_FOLDER, settings)


def _mark_failed(client: MlflowClient, run: Run) -> None:
    """Best effort: the error under way is the one to show."""
    try:
        client.set_terminated(run.info.run_id, "FAILED")
    except Exception as error:
        logger.info("Run %s stays unfinished: %s", run.info.run_id, error)


def _experiment(client: MlflowClient, name: str, settings: Settings) -> str:
    """Find or create the experiment; a server chooses its own artifact store, a database gets the local folder."""
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=_artifact_location(settings)))
        except Exception as error:
            if error_code(error) != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)  # another process was faster
    if found is None or found.lifecycle_stage != "active":
        raise RegistryError(
            f"Experiment '{name}' was deleted",
            cure="Restore it with 'mlflow experiments restore', or set SLIPWAY_EXPERIMENT to another name.",
        )
    return str(found.experiment_id)


def _artifact_location(settings: Settings) -> str | None:
    return None if settings.resolved_tracking_uri.startswith(("http:", "https:")) else str(settings.artifact_root)


def _tags(record: RunRecord, settings: Settings) -> dict[str, str]:
    revision = settings.code_revision if record.bundle is None else record.bundle.lineage.code_revision
    facts = {
        tags.RECORD_KEY: record.key,
        tags.PIPELINE: record.pipeline,
        tags.CODE_REVISION: revision,
        tags.SOURCE_NAME: record.pipeline,
        tags.GIT_COMMIT: revision,
        tags.VERDICT: record.verdict[:_VERDICT_CHARACTERS],
    }
    if record.bundle is not None:
        facts[tags.BUNDLE_DIGEST] = record.bundle.digest
    return {key: value for key, value in facts.items() if value}
