"""The bins of a drift baseline, made ready for values as a model's inputs hold them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from math import isfinite
from typing import Any, Protocol

import numpy as np

from slipway.evaluation.drift import CategoricalHistogram, NumericHistogram

MISSING = 0  # the first bin of every feature: a shift may be in what is missing


class Bins(Protocol):
    """One feature's bins; `expected` has the baseline's share of each, the missing values' first."""

    @property
    def expected(self) -> tuple[float, ...]:
        """Shares that sum to 1."""

    def place(self, value: Any) -> int:
        """Return the bin of a value of the input's own kind."""


class NumericBins:
    """Bins between edges that are rounded as the input rounds values.

    A double that stands on an edge is above or below it once it travels as a float, and with it
    every row that has this value. Bins that rounding empties join the next.
    """

    __slots__ = ("_edges", "expected")

    def __init__(self, histogram: NumericHistogram, dtype: np.dtype[np.generic]) -> None:
        rounded = _rounded(histogram.edges, dtype)
        self._edges = sorted(set(rounded))
        shares = [0.0] * (len(self._edges) + 1)
        for edge, share in zip([*rounded, np.inf], histogram.shares, strict=True):
            shares[bisect_left(self._edges, edge)] += share
        self.expected = _with_missing(shares, histogram.missing_share)

    def place(self, value: float) -> int:
        """Return the bin of a number or a boolean; what is not finite counts as missing."""
        return bisect_left(self._edges, value) + 1 if isfinite(value) else MISSING


class CategoryBins:
    """One bin for each frequent category and one for the rest; an empty string is a missing value."""

    __slots__ = ("_bins", "expected")

    def __init__(self, histogram: CategoricalHistogram) -> None:
        self._bins = {"": MISSING} | {name: number for number, name in enumerate(histogram.categories, start=1)}
        self.expected = _with_missing((*histogram.shares, histogram.other_share), histogram.missing_share)

    def place(self, value: object) -> int:
        """Return the bin of a string, or of a number that names a category."""
        return self._bins.get(str(value), len(self.expected) - 1)


def _rounded(edges: Iterable[float], dtype: np.dtype[np.generic]) -> list[float]:
    if dtype.kind != "f":
        return list(edges)
    with np.errstate(over="ignore"):
        rounded: list[float] = np.asarray(edges, np.float64).astype(dtype).tolist()
    return rounded


def _with_missing(shares: Iterable[float], missing: float) -> tuple[float, ...]:
    return (missing, *(share * (1 - missing) for share in shares))
