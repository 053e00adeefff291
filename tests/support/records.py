"""Run records for registry tests, and what the registry says after recording them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.bundle.bundle import Bundle
from slipway.registry.record import CandidateRecord, RunRecord, TrialRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

RIDGE = CandidateRecord(
    name="ridge",
    parameters={"alpha": 0.5},
    metrics={"rmse": 1.25},
    trials=(
        TrialRecord(number=0, score=1.5, parameters={"alpha": 1.0}),
        TrialRecord(number=1, score=1.25, parameters={"alpha": 0.5}),
        TrialRecord(number=2, score=None, state="fail"),
    ),
)
FOREST = CandidateRecord(name="forest", parameters={"trees": 50}, metrics={"rmse": 1.4})


def run_record(bundle: Bundle | None, **changes: object) -> RunRecord:
    """A record with two candidates; keyword arguments replace its fields."""
    fields: dict[str, object] = {
        "name": "tiny run",
        "pipeline": "tiny_pipeline",
        "parameters": {"search": {"trials": 3}, "columns": ["distance"]},
        "metrics": {"rmse": 1.25},
        "candidates": [RIDGE, FOREST],
        "bundle": bundle,
        "verdict": "passed",
        "reports": {} if bundle is None else {"card": bundle.path / "card.md"},
    }
    return RunRecord(**(fields | changes))  # type: ignore[arg-type]


def top_runs(client: MlflowClient, experiment: str = "slipway") -> list[Run]:
    """Live runs of the experiment that are nested under none."""
    return [run for run in all_runs(client, experiment) if "mlflow.parentRunId" not in run.data.tags]


def nested_runs(client: MlflowClient, parent: str, experiment: str = "slipway") -> list[Run]:
    """Live runs nested under `parent`, by name."""
    runs = [run for run in all_runs(client, experiment) if run.data.tags.get("mlflow.parentRunId") == parent]
    return sorted(runs, key=lambda run: run.info.run_name)


def all_runs(client: MlflowClient, experiment: str = "slipway") -> list[Run]:
    """Every live run of the experiment."""
    found = client.get_experiment_by_name(experiment)
    return [] if found is None else list(client.search_runs([found.experiment_id]))
