"""Stage 4: search one candidate's hyperparameters, with a seed and a budget."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from slipway.errors import TrainingError
from slipway.frozen import Frozen
from slipway.task import TaskSpec
from slipway.training.candidates.catalogue import candidate_named
from slipway.training.candidates.registry import Candidate
from slipway.training.frame import features_frame, target_array
from slipway.training.objective import OBJECTIVES

if TYPE_CHECKING:
    from optuna import Trial

logger = logging.getLogger(__name__)


class SearchBudget(Frozen):
    """How much a search may spend; counted, not timed, so that it ends the same everywhere."""

    trials: int = Field(default=6, ge=1)
    train_rows: int = Field(default=60_000, ge=100, description="most training rows of one trial")
    seed: int = 13


class TrialRecord(Frozen):
    """One trial: what was tried and how it scored."""

    params: dict[str, Any]
    score: float


class SearchResult(Frozen):
    """The best of one candidate on the validation rows; a smaller score is better."""

    candidate: str
    objective: str
    score: float
    params: dict[str, Any]
    trials: tuple[TrialRecord, ...]
    seed: int


def search(name: str, task: TaskSpec, train: pa.Table, validation: pa.Table, budget: SearchBudget) -> SearchResult:
    """Search a candidate's space on a sample of the training rows.

    Raises:
        TrainingError: the candidate is unknown, the data cannot be learned from, or every trial failed.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    candidate = candidate_named(name, task.kind)
    objective, score = OBJECTIVES[task.kind]
    sample = _sample(train, budget.train_rows, budget.seed)
    features, target = features_frame(sample, task), target_array(sample, task)
    validation_features, validation_target = features_frame(validation, task), target_array(validation, task)

    def attempt(trial: Trial) -> float:
        params = candidate.space(trial)
        trial.set_user_attr("params", params)
        model = candidate.build(task, params, budget.seed).fit(features, target)
        value = score(model, validation_features, validation_target)
        logger.info("%s trial %d of %d: %s %.5f", name, trial.number + 1, budget.trials, objective, value)
        return value

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=budget.seed))
    study.optimize(attempt, n_trials=budget.trials)
    trials = tuple(TrialRecord(params=trial.user_attrs["params"], score=trial.value) for trial in study.trials)
    return _result(candidate, objective, trials, budget.seed)


def _result(candidate: Candidate, objective: str, trials: tuple[TrialRecord, ...], seed: int) -> SearchResult:
    finite = [trial for trial in trials if np.isfinite(trial.score)]
    if not finite:
        raise TrainingError(
            f"Every trial of '{candidate.name}' scored {trials[0].score}",
            expected=f"a finite {objective}",
            cure="Look for extreme values in the features and the target.",
        )
    best = min(finite, key=lambda trial: trial.score)
    return SearchResult(
        candidate=candidate.name,
        objective=objective,
        score=best.score,
        params=best.params,
        trials=trials,
        seed=seed,
    )


def _sample(table: pa.Table, most: int, seed: int) -> pa.Table:
    if table.num_rows <= most:
        return table
    chosen = np.random.default_rng(seed).choice(table.num_rows, size=most, replace=False)
    return table.take(pa.array(np.sort(chosen)))
