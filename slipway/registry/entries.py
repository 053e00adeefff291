"""Parameters and metrics in the form and the batches that MLflow takes; writing them twice adds nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from slipway.registry.tags import safe_key

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# Limits of MLflow's REST API, "Log Batch".
PARAMETERS_A_BATCH = 100
METRICS_A_BATCH = 1000
PARAMETER_CHARACTERS = 6000

_Entry = TypeVar("_Entry")


def log_parameters(client: MlflowClient, run: Run, parameters: Mapping[str, Any]) -> None:
    """Write the parameters that the run lacks: MLflow refuses to change one."""
    from mlflow.entities import Param

    missing = {key: text for key, text in flat(parameters) if key not in run.data.params}
    entries = [Param(key, text) for key, text in missing.items()]
    for batch in _batches(entries, PARAMETERS_A_BATCH):
        client.log_batch(run.info.run_id, params=batch)


def log_metrics(client: MlflowClient, run: Run, points: Sequence[tuple[str, float, int]]) -> None:
    """Write `(name, value, step)` at the run's start time, so that a second writing adds no point."""
    from mlflow.entities import Metric

    time = run.info.start_time
    entries = [Metric(safe_key(name), float(value), time, step) for name, value, step in points]
    for batch in _batches(entries, METRICS_A_BATCH):
        client.log_batch(run.info.run_id, metrics=batch)


def flat(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names and texts; a long text is cut, the whole stands in the bundle's lineage."""
    for name, value in parameters.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{key}.")
        else:
            yield safe_key(key), _text(value)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= PARAMETER_CHARACTERS else text[: PARAMETER_CHARACTERS - 1] + "…"


def _batches(entries: Iterable[_Entry], size: int) -> Iterator[list[_Entry]]:
    iterator = iter(entries)
    while batch := list(islice(iterator, size)):
        yield batch
