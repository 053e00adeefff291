"""Random forests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.task import TaskKind, TaskSpec
from slipway.training.candidates.registry import Params, candidate
from slipway.training.preprocessing import imputed_ordinal

if TYPE_CHECKING:
    from optuna import Trial
    from sklearn.pipeline import Pipeline

# Enough for a stable average; more trees make the ONNX file larger, not the model better.
TREES = 60


def _space(trial: Trial) -> dict[str, Any]:
    return {
        "max_depth": trial.suggest_int("max_depth", 8, 14),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 10, 100, log=True),
        "max_features": trial.suggest_float("max_features", 0.2, 0.6),
        "max_samples": 0.3,
    }


@candidate("random_forest", TaskKind.CLASSIFICATION, TaskKind.REGRESSION, space=_space)
def random_forest(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """Bagged trees, each on three tenths of the rows."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.pipeline import make_pipeline

    kind = RandomForestClassifier if task.kind is TaskKind.CLASSIFICATION else RandomForestRegressor
    return make_pipeline(imputed_ordinal(task), kind(n_estimators=TREES, random_state=seed, n_jobs=1, **params))
