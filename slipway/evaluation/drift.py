"""The drift baseline: how each feature was distributed where the model learned.

A server compares what it is asked with this and reports the population stability index.
Source of the index: B. Yurdakul, "Statistical properties of population stability index" (2018).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from slipway.task import TaskSpec

NUMERIC_BINS = 10
MOST_CATEGORIES = 50
_FLOOR = 1e-4  # an empty bin would make the index infinite


class NumericHistogram(BaseModel):
    """Shares between quantile edges; the outermost bins are open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["numeric"] = "numeric"
    edges: tuple[float, ...] = Field(
        description="inner edges, ascending; bins are (-inf, e0], (e0, e1], …, (en, inf)"
    )
    shares: tuple[float, ...]
    missing_share: float


class CategoricalHistogram(BaseModel):
    """Shares of the most frequent categories; the rest together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["categorical"] = "categorical"
    categories: tuple[str, ...]
    shares: tuple[float, ...]
    other_share: float
    missing_share: float


class DriftBaseline(BaseModel):
    """One histogram for each feature, over `rows` training rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    features: dict[str, NumericHistogram | CategoricalHistogram]


def drift_baseline(table: pa.Table, task: TaskSpec) -> DriftBaseline:
    """Measure the baseline on the training rows."""
    numeric = {name: _numeric(table.column(name)) for name in task.numeric}
    categorical = {name: _categorical(table.column(name)) for name in task.categorical}
    return DriftBaseline(rows=table.num_rows, features={**numeric, **categorical})


def stability_index(baseline: tuple[float, ...], observed: tuple[float, ...]) -> float:
    """Measure the population stability index of two share vectors: 0 is no change, above 0.2 is a shift."""
    expected = np.maximum(np.asarray(baseline, dtype=np.float64), _FLOOR)
    actual = np.maximum(np.asarray(observed, dtype=np.float64), _FLOOR)
    return float(np.sum((actual - expected) * np.log(actual / expected)))


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
