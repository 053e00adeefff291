"""Stage 5: fit the winner on all training rows, export it to ONNX, prove that they agree."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from slipway.onnx.certificate import ParityCertificate, Tolerance
from slipway.onnx.export import export_model
from slipway.onnx.parity import measure_parity
from slipway.onnx.session import OnnxModel
from slipway.task import TaskSpec
from slipway.training.candidates.catalogue import candidate_named
from slipway.training.frame import features_frame, target_array
from slipway.training.search import SearchResult

logger = logging.getLogger(__name__)

PARITY_ROWS = 20_000


@dataclass(frozen=True)
class TrainedModel:
    """An ONNX model as bytes, and the certificate that it answers like what was fitted.

    The fitted object itself goes no further: nothing downstream unpickles anything.
    """

    onnx: bytes
    certificate: ParityCertificate


def train(
    winner: SearchResult,
    task: TaskSpec,
    train_rows: pa.Table,
    held_out: pa.Table,
    *,
    name: str,
    tolerance: Tolerance,
) -> TrainedModel:
    """Fit, export and measure.

    Args:
        winner: the candidate and its hyperparameters.
        task: what to learn.
        train_rows: rows to learn from.
        held_out: rows to measure parity on, at most `PARITY_ROWS` of them, evenly spread.
        name: name of the graph in the ONNX file.
        tolerance: what counts as the same answer.

    Raises:
        TrainingError: the data cannot be learned from.
        ExportError: the model has no ONNX form.
    """
    candidate = candidate_named(winner.candidate, task.kind)
    model = candidate.build(task, winner.params, winner.seed)
    features = features_frame(train_rows, task)
    model.fit(features, target_array(train_rows, task))
    logger.info("Fitted %s on %d rows", winner.candidate, train_rows.num_rows)
    onnx = export_model(model, task, name=name, rows=features)
    rows = features_frame(_evenly(held_out, PARITY_ROWS), task)
    certificate = measure_parity(model, OnnxModel.open(onnx), rows, task, tolerance=tolerance)
    logger.info("Exported %d bytes of ONNX, parity %s", len(onnx), "passed" if certificate.passed else "failed")
    return TrainedModel(onnx=onnx, certificate=certificate)


def _evenly(table: pa.Table, most: int) -> pa.Table:
    if table.num_rows <= most:
        return table
    return table.take(pa.array(np.linspace(0, table.num_rows - 1, most).astype(np.int64)))
