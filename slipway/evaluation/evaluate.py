"""Stage 6: measure an ONNX model on rows that no earlier step has seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data.dataset import Dataset
from slipway.errors import DataError
from slipway.evaluation.metrics import measure
from slipway.evaluation.predictions import Floats, Predictions, predict
from slipway.evaluation.report import Evaluation, SliceMetrics
from slipway.evaluation.space import standardised_space
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind, TaskSpec

LEAST_SLICE_ROWS = 30
MOST_SLICES = 20


def evaluate(model: OnnxModel, task: TaskSpec, train: Dataset, test: Dataset) -> tuple[Evaluation, Predictions]:
    """Measure a model overall and on each slice, beside the trivial model.

    Args:
        model: what to measure.
        task: what it was trained for.
        train: the rows it learned from; the trivial model is made from them.
        test: the rows to measure on.

    Raises:
        DataError: an answer is not a number.
    """
    rows, learned = test.read(), train.read()
    predictions = predict(model, rows, task)
    _require_finite(predictions)
    _require_both_classes(predictions, task)
    space = standardised_space(rows, learned, task) if task.kind is TaskKind.CLUSTERING else None
    evaluation = Evaluation(
        task=task,
        dataset_digest=test.digest,
        rows=rows.num_rows,
        metrics=measure(task.kind, predictions, space),
        baseline=measure(task.kind, _trivial(predictions, learned, task), space),
        slices=tuple(_slices(rows, task, predictions, space)),
    )
    return evaluation, predictions


def _trivial(predictions: Predictions, learned: pa.Table, task: TaskSpec) -> Predictions:
    # The base rate, the mean, or one group for all.
    constant = 0.0 if task.target is None else float(pc.mean(learned.column(task.target)).as_py())
    return Predictions(np.full_like(predictions.score, constant), predictions.truth)


def _slices(
    rows: pa.Table, task: TaskSpec, predictions: Predictions, space: Floats | None
) -> Iterator[SliceMetrics]:
    for column in task.slices:
        texts = np.asarray(
            rows.column(column).cast(pa.string()).fill_null("missing").to_numpy(zero_copy_only=False)
        )
        values, counts = np.unique(texts, return_counts=True)
        frequent = sorted(zip(values, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
        for value, count in frequent[:MOST_SLICES]:
            if count < LEAST_SLICE_ROWS:
                continue
            chosen = np.asarray(texts == value)
            points = None if space is None else space[chosen]
            metrics = measure(task.kind, predictions.where(chosen), points)
            yield SliceMetrics(column=column, value=str(value), rows=int(count), metrics=metrics)


def _require_finite(predictions: Predictions) -> None:
    bad = int(np.count_nonzero(~np.isfinite(predictions.score)))
    if bad:
        raise DataError(
            f"The model's answer is no number in {bad:,} of {predictions.score.size:,} held-out rows",
            expected="finite scores",
            cure="Look for features that are missing there and never were in training.",
        )


def _require_both_classes(predictions: Predictions, task: TaskSpec) -> None:
    if task.kind is not TaskKind.CLASSIFICATION or predictions.truth is None:
        return
    if np.unique(predictions.truth).size < 2:
        raise DataError(
            f"The {predictions.score.size:,} held-out rows have one class of '{task.target}' only",
            expected="rows of class 0 and of class 1",
            cure="Move the split's boundary, or keep more rows.",
        )
