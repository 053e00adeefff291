"""Pictures of an evaluation, as PNG bytes that are the same for the same numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from slipway.evaluation.metrics import CALIBRATION_BINS, DECISION_THRESHOLD
from slipway.evaluation.predictions import Floats, Predictions
from slipway.evaluation.report import Evaluation
from slipway.storage import whole_folder
from slipway.task import TaskKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Plot = Callable[["Axes", Predictions, Evaluation], None]

INK, ACCENT, SOFT = "#1f2a37", "#0f766e", "#9ca3af"
_SIZE_INCHES = (5.0, 4.2)
_DPI = 110
_SCATTER_ROWS = 5_000


def draw_plots(predictions: Predictions, evaluation: Evaluation) -> dict[str, bytes]:
    """Draw the pictures of a task's kind, by name."""
    pictures = {
        name: _picture(plot, predictions, evaluation) for name, plot in _PLOTS[evaluation.task.kind].items()
    }
    if evaluation.slices:
        pictures["slices"] = _picture(
            _slices, predictions, evaluation, height=max(3.0, 0.24 * len(evaluation.slices))
        )
    return pictures


def _picture(
    plot: Plot, predictions: Predictions, evaluation: Evaluation, height: float = _SIZE_INCHES[1]
) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIZE_INCHES[0], height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    plot(axes, predictions, evaluation)
    buffer = io.BytesIO()
    # No software name or time in the file: the bundle's digest must depend on the numbers alone.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _roc(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    from sklearn.metrics import roc_curve

    false_positive, true_positive, _ = roc_curve(predictions.truth, predictions.score)
    axes.plot(false_positive, true_positive, color=ACCENT, label=f"AUC {evaluation.metrics['roc_auc']:.3f}")
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", label="chance")
    _label(axes, "ROC curve", "false positive rate", "true positive rate")
    axes.legend(frameon=False)


def _precision_recall(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(predictions.truth, predictions.score)
    average = evaluation.metrics["average_precision"]
    axes.plot(recall, precision, color=ACCENT, label=f"average precision {average:.3f}")
    axes.axhline(evaluation.metrics["positive_share"], color=SOFT, linestyle="--", label="chance")
    axes.set_ylim(0, 1.02)
    _label(axes, "Precision and recall", "recall", "precision")
    axes.legend(frameon=False)


def _calibration(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    truth, score = _truth(predictions), predictions.score
    bins = np.minimum((score * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    rows = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = rows > 0
    said = np.bincount(bins, score, CALIBRATION_BINS)[filled] / rows[filled]
    seen = np.bincount(bins, truth, CALIBRATION_BINS)[filled] / rows[filled]
    error = evaluation.metrics["calibration_error"]
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", label="perfect")
    axes.plot(said, seen, color=ACCENT, marker="o", label=f"calibration error {error:.3f}")
    shares = rows[filled] / rows.sum()
    axes.bar(said, shares, width=0.03, color=SOFT, alpha=0.5, label="share of rows")
    _label(axes, "Calibration", "predicted probability", f"share of {evaluation.task.positive_name}")
    axes.legend(frameon=False)


def _confusion(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    truth, said = _truth(predictions).astype(int), (predictions.score >= DECISION_THRESHOLD).astype(int)
    counts = np.bincount(truth * 2 + said, minlength=4).reshape(2, 2)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    for row, column in np.ndindex(2, 2):
        color = "white" if shares[row, column] > 0.6 else INK
        text = f"{counts[row, column]:,}\n{shares[row, column]:.1%}"
        axes.text(column, row, text, ha="center", va="center", color=color)
    names = [f"not {evaluation.task.positive_name}", evaluation.task.positive_name]
    axes.set_xticks([0, 1], names)
    axes.set_yticks([0, 1], names, rotation=90, va="center")
    _label(axes, f"Confusion matrix at {DECISION_THRESHOLD}", "predicted", "actual")


def _predicted(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    truth, score = (
        values[:: max(1, values.size // _SCATTER_ROWS)] for values in (_truth(predictions), predictions.score)
    )
    low, high = np.quantile(truth, [0.005, 0.995])
    axes.plot([low, high], [low, high], color=SOFT, linestyle="--")
    axes.scatter(score, truth, s=4, alpha=0.25, color=ACCENT, linewidths=0)
    axes.set_ylim(low, high)
    r2 = evaluation.metrics.get("r2", float("nan"))
    _label(axes, f"Actual against predicted, R² {r2:.3f}", "predicted", f"{evaluation.task.target}")


def _residuals(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    errors = predictions.score - _truth(predictions)
    low, high = np.quantile(errors, [0.005, 0.995])
    axes.hist(errors, bins=np.linspace(low, high, 61).tolist(), color=ACCENT)
    axes.axvline(0, color=SOFT, linestyle="--")
    error = evaluation.metrics["mean_absolute_error"]
    _label(axes, f"Errors, mean absolute {error:.2f}", f"predicted - actual {evaluation.task.target}", "rows")


def _cluster_sizes(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:
    clusters, sizes = np.unique(predictions.score.astype(int), return_counts=True)
    bars = axes.bar([str(cluster) for cluster in clusters], sizes, color=ACCENT)
    axes.bar_label(bars)
    silhouette = evaluation.metrics.get("silhouette", float("nan"))
    _label(axes, f"Cluster sizes, silhouette {silhouette:.3f}", "cluster", "rows")


def _slices(axes: Axes, predictions: Predictions, evaluation: Evaluation) -> None:  # noqa: ARG001
    metric = next(iter(evaluation.metrics))
    entries = [entry for entry in reversed(evaluation.slices) if metric in entry.metrics]
    axes.barh([f"{entry.column} {entry.value}" for entry in entries], [entry.metrics[metric] for entry in entries])
    for bar in axes.patches:
        bar.set_facecolor(ACCENT)
    axes.axvline(evaluation.metrics[metric], color=INK, linestyle="--", label="all rows")
    axes.tick_params(axis="y", labelsize=7)
    _label(axes, f"{metric} on slices", metric, "")
    axes.legend(frameon=False)


def _label(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, color=INK)
    axes.set_xlabel(across)
    axes.set_ylabel(up)


def _truth(predictions: Predictions) -> Floats:
    if predictions.truth is None:
        raise ValueError("this picture needs a target")
    return predictions.truth


_PLOTS: dict[TaskKind, dict[str, Plot]] = {
    TaskKind.CLASSIFICATION: {
        "roc": _roc,
        "precision_recall": _precision_recall,
        "calibration": _calibration,
        "confusion": _confusion,
    },
    TaskKind.REGRESSION: {"predicted": _predicted, "residuals": _residuals},
    TaskKind.CLUSTERING: {"clusters": _cluster_sizes},
}


def write_plots(folder: Path, pictures: dict[str, bytes]) -> None:
    """Write the pictures as PNG files into a new folder."""
    with whole_folder(folder) as scratch:
        for name, picture in pictures.items():
            (scratch / f"{name}.png").write_bytes(picture)


def read_plots(folder: Path) -> dict[str, bytes]:
    """Read the pictures of a folder back, by name."""
    return {file.stem: file.read_bytes() for file in sorted(folder.glob("*.png"))}
