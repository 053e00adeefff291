"""The candidates of a selection as runs nested under the pipeline's run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.registry import artifacts, tags
from slipway.registry.entries import log_metrics, log_parameters
from slipway.registry.record import CandidateRecord
from slipway.registry.tracking import every
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

TRIALS_FILE = "trials.json"
TRIAL_SCORE = "trial_score"


def record_candidates(
    client: MlflowClient, parent: Run, candidates: Sequence[CandidateRecord], settings: Settings
) -> None:
    """Write one nested run for each candidate; those that stand finished are left alone."""
    standing = _standing(client, parent)
    for candidate in candidates:
        run = standing.get(candidate.name) or _create(client, parent, candidate)
        if run.info.status != "FINISHED":
            _complete(client, run, candidate, settings)


def _standing(client: MlflowClient, parent: Run) -> dict[str, Run]:
    """Nested runs by candidate; of doubles, which a lost answer can leave, the oldest stays."""
    runs = every(
        client.search_runs,
        experiment_ids=[parent.info.experiment_id],
        filter_string=f"tags.`{tags.PARENT_RUN}` = {tags.quoted(parent.info.run_id)}",
    )
    standing: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.info.start_time, run.info.run_id)):
        if standing.setdefault(run.data.tags.get(tags.CANDIDATE, ""), run) is not run:
            client.delete_run(run.info.run_id)
    return standing


def _create(client: MlflowClient, parent: Run, candidate: CandidateRecord) -> Run:
    facts = {tags.PARENT_RUN: parent.info.run_id, tags.CANDIDATE: candidate.name}
    client.create_run(parent.info.experiment_id, run_name=candidate.name, tags=facts)
    return _standing(client, parent)[candidate.name]


def _complete(client: MlflowClient, run: Run, candidate: CandidateRecord, settings: Settings) -> None:
    log_parameters(client, run, candidate.parameters)
    scores = [(TRIAL_SCORE, trial.score, trial.number) for trial in candidate.trials if trial.score is not None]
    log_metrics(client, run, [(name, value, 0) for name, value in candidate.metrics.items()] + scores)
    if candidate.trials:
        _upload_trials(client, run.info.run_id, candidate, settings)
    client.set_terminated(run.info.run_id, "FINISHED")


def _upload_trials(client: MlflowClient, run_id: str, candidate: CandidateRecord, settings: Settings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / TRIALS_FILE
        rows = [trial.model_dump(mode="json") for trial in candidate.trials]
        file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        artifacts.upload_file(client, run_id, file, None, settings)
