"""Gradient boosting: scikit-learn's histograms and XGBoost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.task import TaskKind, TaskSpec
from slipway.training.candidates.registry import Params, candidate
from slipway.training.preprocessing import imputed_ordinal

if TYPE_CHECKING:
    from optuna import Trial
    from sklearn.pipeline import Pipeline


def _histogram_space(trial: Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.3, log=True),
        "max_iter": trial.suggest_int("max_iter", 60, 200),
        "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 15, 63, log=True),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 20, 200, log=True),
        "l2_regularization": trial.suggest_float("l2_regularization", 1e-3, 10, log=True),
    }


def _xgboost_space(trial: Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.3, log=True),
        "n_estimators": trial.suggest_int("n_estimators", 60, 200),
        "max_depth": trial.suggest_int("max_depth", 4, 8),
        "min_child_weight": trial.suggest_float("min_child_weight", 1, 50, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-2, 10, log=True),
    }


@candidate("hist_gradient_boosting", TaskKind.CLASSIFICATION, TaskKind.REGRESSION, space=_histogram_space)
def hist_gradient_boosting(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """Boosted trees over binned features; categories enter as ordinals, which convert exactly."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline

    classify = task.kind is TaskKind.CLASSIFICATION
    kind = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
    # Early stopping would hold out rows at random; the validation rows decide instead.
    return make_pipeline(imputed_ordinal(task), kind(random_state=seed, early_stopping=False, **params))


@candidate("xgboost", TaskKind.CLASSIFICATION, TaskKind.REGRESSION, space=_xgboost_space)
def xgboost(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """XGBoost with histogram trees, one thread: candidates run side by side."""
    from sklearn.pipeline import make_pipeline
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBClassifier if task.kind is TaskKind.CLASSIFICATION else XGBRegressor
    return make_pipeline(imputed_ordinal(task), kind(tree_method="hist", n_jobs=1, random_state=seed, **params))
