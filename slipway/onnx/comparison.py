"""How far two sets of answers are apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.onnx.answers import Answers
from slipway.onnx.certificate import Comparison, Tolerance
from slipway.task import TaskKind

# float32 cannot tell scores apart that are nearer than this, relative to max(1, |score|).
RESOLUTION = 1e-6


@dataclass(frozen=True)
class Difference:
    """ONNX Runtime's answers against the framework's on one set of rows, row by row.

    Attributes:
        absolute: `[rows]`, largest |onnx - framework| of the row's scores; infinite where a score of
            either is not a finite number.
        relative: `[rows]`, the same over the size of the score: max(1, |framework|, spread), the spread
            being the standard deviation of the framework's scores. A prediction near zero may be the
            sum of large leaves, and errs by their float32 step, not by its own.
        agrees: `[rows]`, whether the labels are the same; see `label_agrees`.
        is_finite: `[rows]`, whether all scores of both are finite numbers.
    """

    absolute: NDArray[np.float64]
    relative: NDArray[np.float64]
    agrees: NDArray[np.bool_]
    is_finite: NDArray[np.bool_]

    def beyond(self, tolerance: Tolerance, kind: TaskKind) -> NDArray[np.bool_]:
        """Which rows are beyond the tolerance of a score.

        A probability is bounded and held to `absolute`. A prediction or a distance has the unit
        and the size of the data, where float32 itself only knows relative steps, and is held to
        `relative`.
        """
        if kind is TaskKind.CLASSIFICATION:
            return np.asarray(self.absolute > tolerance.absolute)
        return np.asarray(self.relative > tolerance.relative)

    def summary(self, tolerance: Tolerance, kind: TaskKind) -> Comparison:
        """Give the certificate's figures; the largest errors are those of the finite rows."""
        return Comparison(
            rows=len(self.absolute),
            max_absolute_error=float(self.absolute[self.is_finite].max(initial=0.0)),
            max_relative_error=float(self.relative[self.is_finite].max(initial=0.0)),
            label_agreement=float(self.agrees.mean()),
            rows_beyond_tolerance=int(self.beyond(tolerance, kind).sum()),
        )


def difference(framework: Answers, onnx: Answers, kind: TaskKind) -> Difference:
    """Compare two sets of answers to the same rows; scores of another width count as infinitely far."""
    if framework.scores.shape != onnx.scores.shape:
        onnx = Answers(np.full_like(framework.scores, np.nan), onnx.labels)
    is_finite = np.asarray(np.isfinite(framework.scores) & np.isfinite(onnx.scores))
    error = np.full(framework.scores.shape, np.inf)
    np.subtract(onnx.scores, framework.scores, out=error, where=is_finite)
    absolute = np.abs(error)
    known = np.where(is_finite, framework.scores, 0.0)
    spread = known[is_finite].std() if is_finite.any() else 0.0
    relative = absolute / np.maximum(np.abs(known), max(1.0, float(spread)))
    return Difference(
        absolute=absolute.max(axis=1),
        relative=relative.max(axis=1),
        agrees=label_agrees(framework, onnx, kind),
        is_finite=np.asarray(is_finite.all(axis=1)),
    )


def label_agrees(framework: Answers, onnx: Answers, kind: TaskKind) -> NDArray[np.bool_]:
    """Which rows have the same label.

    Where the framework's two best scores differ, but by less than float32 can hold, the label is
    decided by rounding and either is right. An exact tie is not: both must break it the same way.
    """
    if framework.labels is None or onnx.labels is None:
        return np.ones(len(framework.scores), dtype=np.bool_)
    ordered = np.sort(framework.scores, axis=1)
    first, second = (0, 1) if kind is TaskKind.CLUSTERING else (-1, -2)
    if ordered.shape[1] < 2:
        return np.asarray(framework.labels == onnx.labels)
    margin = np.abs(ordered[:, first] - ordered[:, second])
    is_rounding = (margin > 0) & (margin <= RESOLUTION * np.maximum(1.0, np.abs(ordered[:, first])))
    return np.asarray((framework.labels == onnx.labels) | is_rounding)
