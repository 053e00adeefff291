"""The answers of a model to rows, from the framework and from ONNX Runtime, in one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slipway.errors import InferenceError, ParityError
from slipway.onnx.frame import frame_tensors
from slipway.onnx.outputs import OUTPUTS
from slipway.onnx.session import OnnxModel, Tensor
from slipway.task import TaskKind, TaskSpec

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 8192


@dataclass(frozen=True)
class Answers:
    """A model's answers to some rows.

    `scores` `[rows, k]` are probabilities, predictions or distances; `labels` `[rows]` are classes
    or clusters, None for a regression.
    """

    scores: NDArray[np.float64]
    labels: NDArray[np.int64] | None


def framework_answers(model: Any, frame: pd.DataFrame, task: TaskSpec) -> Answers:
    """Ask the fitted framework model."""
    rows = frame[list(model.feature_names_in_)]
    predicted = np.asarray(model.predict(rows))
    if task.kind is TaskKind.REGRESSION:
        return Answers(_matrix(predicted), None)
    scores = model.predict_proba(rows) if task.kind is TaskKind.CLASSIFICATION else model.transform(rows)
    return Answers(_matrix(scores), predicted.astype(np.int64).ravel())


def onnx_answers(onnx: OnnxModel, frame: pd.DataFrame, task: TaskSpec) -> Answers:
    """Ask ONNX Runtime, in batches, through the conversion that a served table goes through.

    Raises:
        ParityError: the outputs are not those of the task, or the model refuses a row.
    """
    names = OUTPUTS[task.kind]
    if set(onnx.signature.output_names) != set(names.in_order):
        raise ParityError(
            f"The ONNX model does not answer a {task.kind} task",
            expected=f"outputs {', '.join(names.in_order)}",
            got=", ".join(onnx.signature.output_names),
            cure="Export it with slipway.onnx.export.export_model.",
        )
    batches = [_batch(onnx, frame[start : start + _BATCH_ROWS]) for start in range(0, len(frame), _BATCH_ROWS)]
    scores = np.concatenate([_matrix(batch[names.scores]) for batch in batches])
    if names.label is None:
        return Answers(scores, None)
    return Answers(scores, np.concatenate([batch[names.label].astype(np.int64).ravel() for batch in batches]))


def _batch(onnx: OnnxModel, frame: pd.DataFrame) -> Mapping[str, Tensor]:
    try:
        return onnx.run(frame_tensors(frame, onnx.signature))
    except InferenceError as error:
        raise ParityError(
            f"The ONNX model cannot answer rows that the framework can: {error.failed}",
            expected=error.expected,
            got=error.got,
            cure="Change the preprocessing step that refuses them.",
        ) from error


def _matrix(scores: Any) -> NDArray[np.float64]:
    numbers = np.asarray(scores, dtype=np.float64)
    return numbers.reshape(len(numbers), -1)
