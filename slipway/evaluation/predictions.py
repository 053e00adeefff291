"""What an ONNX model answers on a table, ready to be measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.onnx.columns import tensors_from_table
from slipway.onnx.session import OnnxModel, Tensor
from slipway.task import TaskKind, TaskSpec

BATCH_ROWS = 65_536

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """Truth and answers, row by row.

    `score` is P(target = 1) for classification, the predicted value for regression and the cluster
    for clustering, where `truth` is None.
    """

    score: Floats
    truth: Floats | None

    def where(self, chosen: NDArray[np.bool_]) -> Predictions:
        """Return the chosen rows only."""
        return Predictions(self.score[chosen], None if self.truth is None else self.truth[chosen])


def predict(model: OnnxModel, table: pa.Table, task: TaskSpec) -> Predictions:
    """Answer every row through ONNX Runtime, in batches."""
    scores = [_SCORES[task.kind](model.run(tensors_from_table(part, model.signature))) for part in _parts(table)]
    truth = None
    if task.target is not None:
        truth = table.column(task.target).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return Predictions(np.concatenate(scores), truth)


def _parts(table: pa.Table) -> list[pa.Table]:
    return [table.slice(start, BATCH_ROWS) for start in range(0, max(table.num_rows, 1), BATCH_ROWS)]


def _positive(answers: dict[str, Tensor]) -> Floats:
    return np.asarray(answers["probabilities"][:, 1], dtype=np.float64)


def _value(answers: dict[str, Tensor]) -> Floats:
    return np.asarray(answers["prediction"].reshape(-1), dtype=np.float64)


def _cluster(answers: dict[str, Tensor]) -> Floats:
    return np.asarray(answers["cluster"].reshape(-1), dtype=np.float64)


_SCORES: dict[TaskKind, Callable[[dict[str, Tensor]], Floats]] = {
    TaskKind.CLASSIFICATION: _positive,
    TaskKind.REGRESSION: _value,
    TaskKind.CLUSTERING: _cluster,
}
