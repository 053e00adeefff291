"""The drift baseline: how each feature was distributed where the model learned.

A server compares what it is asked with this and reports the population stability index.
Source of the index: B. Yurdakul, "Statistical properties of population stability index" (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

_FLOOR = 1e-4  # an empty bin would make the index infinite


@dataclass(frozen=True, kw_only=True)
class NumericHistogram:
    """Shares between quantile edges; the outermost bins are open.

    `edges` are the inner ones, ascending: the bins are (-inf, e0], (e0, e1], …, (en, inf).
    """

    kind: Literal["numeric"] = "numeric"
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    missing_share: float


@dataclass(frozen=True, kw_only=True)
class CategoricalHistogram:
    """Shares of the most frequent categories; the rest together."""

    kind: Literal["categorical"] = "categorical"
    categories: tuple[str, ...]
    shares: tuple[float, ...]
    other_share: float
    missing_share: float


@dataclass(frozen=True)
class DriftBaseline:
    """One histogram for each feature, over `rows` training rows."""

    rows: int
    features: dict[str, NumericHistogram | CategoricalHistogram]


def stability_index(baseline: tuple[float, ...], observed: tuple[float, ...]) -> float:
    """Measure the population stability index of two share vectors: 0 is no change, above 0.2 is a shift."""
    expected = np.maximum(np.asarray(baseline, dtype=np.float64), _FLOOR)
    actual = np.maximum(np.asarray(observed, dtype=np.float64), _FLOOR)
    return float(np.sum((actual - expected) * np.log(actual / expected)))
