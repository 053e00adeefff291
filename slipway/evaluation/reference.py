"""Measuring the drift baseline on the training rows; apart from its model, which the server reads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.evaluation.drift import CategoricalHistogram, DriftBaseline, NumericHistogram
from slipway.task import TaskSpec

NUMERIC_BINS = 10
MOST_CATEGORIES = 50


def drift_baseline(table: pa.Table, task: TaskSpec) -> DriftBaseline:
    """Measure the baseline on the training rows."""
    numeric = {name: _numeric(table.column(name)) for name in task.numeric}
    categorical = {name: _categorical(table.column(name)) for name in task.categorical}
    return DriftBaseline(rows=table.num_rows, features={**numeric, **categorical})


def _numeric(column: pa.ChunkedArray) -> NumericHistogram:
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    present = values[np.isfinite(values)]
    if present.size == 0:
        return NumericHistogram(edges=(), shares=(0.0,), missing_share=1.0)
    quantiles = np.quantile(present, np.linspace(0, 1, NUMERIC_BINS + 1)[1:-1], method="lower")
    edges = np.unique(quantiles)
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=edges.size + 1)
    return NumericHistogram(
        edges=tuple(edges.tolist()),
        shares=tuple((counts / present.size).tolist()),
        missing_share=1 - present.size / values.size,
    )


def _categorical(column: pa.ChunkedArray) -> CategoricalHistogram:
    counted = pc.value_counts(column.drop_null().combine_chunks())
    pairs = [(item["values"].as_py(), item["counts"].as_py()) for item in counted]
    pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    total = max(sum(count for _, count in pairs), 1)
    kept = pairs[:MOST_CATEGORIES]
    return CategoricalHistogram(
        categories=tuple(str(value) for value, _ in kept),
        shares=tuple(count / total for _, count in kept),
        other_share=sum(count for _, count in pairs[MOST_CATEGORIES:]) / total,
        missing_share=column.null_count / max(len(column), 1),
    )
