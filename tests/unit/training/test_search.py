import json

import numpy as np
import pyarrow as pa
import pytest

from slipway.data.dataset import Dataset
from slipway.errors import TrainingError
from slipway.task import TaskKind, TaskSpec
from slipway.training.search import SearchBudget, SearchResult, search
from slipway.training.selection import select

BUDGET = SearchBudget(trials=2, train_rows=800, seed=3)
TASKS = {
    TaskKind.CLASSIFICATION: TaskSpec(
        kind=TaskKind.CLASSIFICATION,
        target="late",
        numeric=("departure_minute", "plane_age", "wind_gust"),
        categorical=("carrier", "origin"),
    ),
    TaskKind.REGRESSION: TaskSpec(
        kind=TaskKind.REGRESSION,
        target="delay_minutes",
        numeric=("departure_minute", "plane_age", "wind_gust"),
        categorical=("carrier", "origin"),
    ),
    TaskKind.CLUSTERING: TaskSpec(kind=TaskKind.CLUSTERING, numeric=("distance", "departure_minute")),
}
CANDIDATES = [
    ("logistic_regression", TaskKind.CLASSIFICATION),
    ("random_forest", TaskKind.CLASSIFICATION),
    ("hist_gradient_boosting", TaskKind.CLASSIFICATION),
    ("xgboost", TaskKind.CLASSIFICATION),
    ("ridge", TaskKind.REGRESSION),
    ("random_forest", TaskKind.REGRESSION),
    ("hist_gradient_boosting", TaskKind.REGRESSION),
    ("xgboost", TaskKind.REGRESSION),
    ("kmeans", TaskKind.CLUSTERING),
    ("minibatch_kmeans", TaskKind.CLUSTERING),
]


@pytest.fixture(scope="module")
def rows(flight_parts: dict[str, Dataset]) -> tuple[pa.Table, pa.Table]:
    return flight_parts["train"].read(), flight_parts["validation"].read()


@pytest.mark.parametrize(("name", "kind"), CANDIDATES)
def test_every_candidate_learns_from_real_rows(name: str, kind: TaskKind, rows: tuple[pa.Table, pa.Table]) -> None:
    result = search(name, TASKS[kind], *rows, BUDGET)
    assert len(result.trials) == 2
    assert result.score == min(trial.score for trial in result.trials)
    assert np.isfinite(result.score)
    assert SearchResult.model_validate(json.loads(result.model_dump_json())) == result


def test_the_same_seed_finds_the_same(rows: tuple[pa.Table, pa.Table]) -> None:
    task = TASKS[TaskKind.CLASSIFICATION]
    first, second = (search("xgboost", task, *rows, BUDGET) for _ in range(2))
    other = search("xgboost", task, *rows, BUDGET.model_copy(update={"seed": 4}))
    assert first == second
    assert first.params != other.params


def test_an_unknown_candidate_lists_those_there_are(rows: tuple[pa.Table, pa.Table]) -> None:
    with pytest.raises(TrainingError, match="hist_gradient_boosting, logistic_regression, random_forest, xgboost"):
        search("catboost", TASKS[TaskKind.CLASSIFICATION], *rows, BUDGET)


def test_a_candidate_for_another_kind_of_task_is_refused(rows: tuple[pa.Table, pa.Table]) -> None:
    with pytest.raises(TrainingError, match="'ridge' is not a candidate for classification"):
        search("ridge", TASKS[TaskKind.CLASSIFICATION], *rows, BUDGET)


def result_of(candidate: str, score: float, objective: str = "log_loss") -> SearchResult:
    return SearchResult(candidate=candidate, objective=objective, score=score, params={}, trials=(), seed=1)


def test_the_smallest_score_wins() -> None:
    selection = select([result_of("b", 0.4), result_of("a", 0.5), result_of("c", 0.3)])
    assert selection.winner.candidate == "c"
    assert [result.candidate for result in selection.results] == ["c", "b", "a"]


def test_equal_scores_are_settled_by_name_not_by_order() -> None:
    pair = [result_of("b", 0.4), result_of("a", 0.4)]
    assert select(pair).winner == select(pair[::-1]).winner == result_of("a", 0.4)


def test_scores_of_different_objectives_are_not_compared() -> None:
    with pytest.raises(TrainingError, match="different objectives"):
        select([result_of("a", 0.4), result_of("b", 0.1, "mean_squared_error")])


def test_no_results_is_an_error() -> None:
    with pytest.raises(TrainingError, match="No candidate was searched"):
        select([])
