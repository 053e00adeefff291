"""Linear models: the baseline that everything else must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.task import TaskKind, TaskSpec
from slipway.training.candidates.registry import Params, candidate
from slipway.training.preprocessing import scaled_one_hot

if TYPE_CHECKING:
    from optuna import Trial
    from sklearn.pipeline import Pipeline


def _inverse_strength(trial: Trial) -> dict[str, Any]:
    return {"C": trial.suggest_float("C", 1e-3, 10, log=True)}


def _strength(trial: Trial) -> dict[str, Any]:
    return {"alpha": trial.suggest_float("alpha", 1e-2, 1e3, log=True)}


@candidate("logistic_regression", TaskKind.CLASSIFICATION, space=_inverse_strength)
def logistic_regression(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """L2-penalised logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(scaled_one_hot(task), LogisticRegression(max_iter=300, random_state=seed, **params))


@candidate("ridge", TaskKind.REGRESSION, space=_strength)
def ridge(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """L2-penalised least squares."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    return make_pipeline(scaled_one_hot(task), Ridge(random_state=seed, **params))
