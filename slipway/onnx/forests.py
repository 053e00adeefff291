"""Tree ensembles, read from any framework into one form.

The exporter writes this form to ONNX and the probes look for its thresholds, so both see the
same trees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class Link(StrEnum):
    """From the ensemble's sum to the answer; MEAN divides by the number of trees."""

    IDENTITY = "identity"
    MEAN = "mean"
    LOGISTIC = "logistic"
    EXP = "exp"


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes, `[nodes]` each; node 0 is the root.

    A branch sends a row left when its feature is at most (or below, see `Forest.strict`) the
    threshold, and a missing value where `missing_left` says. A leaf has `left` and `right` -1.
    """

    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    missing_left: Booleans
    value: Floats

    @property
    def is_leaf(self) -> Booleans:
        """True for the nodes that answer."""
        return np.asarray(self.left < 0)


@dataclass(frozen=True)
class Forest:
    """Trees whose values are summed, from `base` on, and sent through `link`.

    `strict` trees compare with `<`, the others with `<=`.
    """

    trees: tuple[Tree, ...]
    link: Link
    base: float = 0.0
    strict: bool = False

    def goes_left(self, values: NDArray[np.floating[Any]], thresholds: Floats) -> Booleans:
        """Which values, in float64, lie on the left of their thresholds."""
        return np.asarray(values < thresholds if self.strict else values <= thresholds)


Reader = Callable[[Any], Forest]
_READERS: dict[str, Reader] = {}


def forest_reader(*estimators: str) -> Callable[[Reader], Reader]:
    """Register the decorated function as the reader of estimators, named as in 'sklearn.RandomForestRegressor'."""

    def register(read: Reader) -> Reader:
        _READERS.update(dict.fromkeys(estimators, read))
        return read

    return register


def reader_for(estimator: object) -> Reader | None:
    """Find the reader of a fitted estimator, or None where it is no tree ensemble."""
    from slipway.onnx import sklearn_forests, xgboost_forests  # noqa: F401 (register their readers)

    root = type(estimator).__module__.partition(".")[0]
    return _READERS.get(f"{root}.{type(estimator).__name__}")
