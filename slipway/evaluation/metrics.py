"""Metrics by kind of task; a metric that is undefined on some rows is left out, never invented."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slipway.evaluation.predictions import Floats, Predictions
from slipway.task import TaskKind

CALIBRATION_BINS = 10
DECISION_THRESHOLD = 0.5
SILHOUETTE_ROWS = 5_000

Measure = Callable[[Predictions, Floats | None], dict[str, float]]


def measure(kind: TaskKind, predictions: Predictions, space: Floats | None = None) -> dict[str, float]:
    """Measure predictions.

    Args:
        kind: the kind of task.
        predictions: truth and answers, `[rows]`.
        space: for clustering, the rows as points, `[rows, features]`.
    """
    return _MEASURES[kind](predictions, space)


def expected_calibration_error(truth: Floats, score: Floats) -> float:
    """Mean gap between confidence and frequency over equal-width bins, weighted by rows.

    Source: M. P. Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015).
    """
    bins = np.minimum((score * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    rows = np.bincount(bins, minlength=CALIBRATION_BINS)
    gap = np.abs(np.bincount(bins, score - truth, CALIBRATION_BINS))
    return float(gap.sum() / rows.sum())


def _classification(predictions: Predictions, space: Floats | None) -> dict[str, float]:  # noqa: ARG001
    from sklearn import metrics

    truth, score = _truth(predictions), predictions.score
    labels = score >= DECISION_THRESHOLD
    found = {
        "log_loss": float(metrics.log_loss(truth, score, labels=[0, 1])),
        "brier": float(np.mean((score - truth) ** 2)),
        "calibration_error": expected_calibration_error(truth, score),
        "accuracy": float(np.mean(labels == truth)),
        "positive_share": float(truth.mean()),
    }
    if np.unique(truth).size == 2:  # a ranking needs both classes
        found["roc_auc"] = float(metrics.roc_auc_score(truth, score))
        found["average_precision"] = float(metrics.average_precision_score(truth, score))
    return found


def _regression(predictions: Predictions, space: Floats | None) -> dict[str, float]:  # noqa: ARG001
    truth = _truth(predictions)
    errors = predictions.score - truth
    found = {
        "mean_absolute_error": float(np.abs(errors).mean()),
        "root_mean_squared_error": float(np.sqrt((errors**2).mean())),
        "median_absolute_error": float(np.median(np.abs(errors))),
        "mean_error": float(errors.mean()),
    }
    spread = float(((truth - truth.mean()) ** 2).sum())
    if spread > 0:
        found["r2"] = 1 - float((errors**2).sum()) / spread
    return found


def _clustering(predictions: Predictions, space: Floats | None) -> dict[str, float]:
    from sklearn import metrics

    labels = predictions.score
    clusters, sizes = np.unique(labels, return_counts=True)
    found = {"clusters": float(clusters.size), "largest_share": float(sizes.max() / labels.size)}
    if space is not None and 2 <= clusters.size < labels.size:  # separation needs two groups
        rows = min(SILHOUETTE_ROWS, labels.size)
        found["silhouette"] = float(metrics.silhouette_score(space, labels, sample_size=rows, random_state=0))
        found["davies_bouldin"] = float(metrics.davies_bouldin_score(space, labels))
    return found


def _truth(predictions: Predictions) -> NDArray[np.float64]:
    if predictions.truth is None:
        raise ValueError("classification and regression are measured against a target")
    return predictions.truth


_MEASURES: dict[TaskKind, Measure] = {
    TaskKind.CLASSIFICATION: _classification,
    TaskKind.REGRESSION: _regression,
    TaskKind.CLUSTERING: _clustering,
}
