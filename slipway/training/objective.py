"""What a search makes small: one number for each kind of task, on the validation rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from slipway.task import TaskKind
from slipway.training.frame import Target

if TYPE_CHECKING:
    import pandas as pd

Objective = Callable[[Any, "pd.DataFrame", Target | None], float]

# Silhouettes are quadratic in rows; a fixed sample keeps them comparable between trials.
SILHOUETTE_ROWS = 5_000


def log_loss(model: Any, features: pd.DataFrame, target: Target | None) -> float:
    """Mean negative log likelihood, nats."""
    from sklearn.metrics import log_loss as sklearn_log_loss

    return float(sklearn_log_loss(target, model.predict_proba(features)[:, 1]))


def squared_error(model: Any, features: pd.DataFrame, target: Target | None) -> float:
    """Mean squared error, squared units of the target."""
    from sklearn.metrics import mean_squared_error

    return float(mean_squared_error(target, model.predict(features)))


def negative_silhouette(model: Any, features: pd.DataFrame, target: Target | None) -> float:  # noqa: ARG001
    """Minus the mean silhouette in the model's own space; 1 when all rows fall in one cluster."""
    from sklearn.metrics import silhouette_score

    space = model[:-1].transform(features)
    labels = model[-1].predict(space)
    if np.unique(labels).size < 2:
        return 1.0
    rows = min(SILHOUETTE_ROWS, len(features))
    return -float(silhouette_score(space, labels, sample_size=rows, random_state=0))


OBJECTIVES: dict[TaskKind, tuple[str, Objective]] = {
    TaskKind.CLASSIFICATION: ("log_loss", log_loss),
    TaskKind.REGRESSION: ("mean_squared_error", squared_error),
    TaskKind.CLUSTERING: ("negative_silhouette", negative_silhouette),
}
