"""Regression on the same line: by how many minutes will a flight be late?"""

from kfp import dsl

from pipelines.lines.flights import flights_line
from pipelines.lines.tabular import Budget, Release, tabular_line

LINE = flights_line("delay-minutes", kind="regression", target="delay_minutes")


@dsl.pipeline(name=LINE.name, description="Predict the arrival delay of a flight in minutes.")
def pipeline(
    candidates: list = ["ridge", "random_forest", "hist_gradient_boosting", "xgboost"],  # noqa: B006
    trials: int = 4,
    search_rows: int = 60_000,
    seed: int = 13,
    sample_share: float = 1.0,
) -> Release:
    """Train, prove, judge and register the delay regressor; the parameters are those of `flight_delay`."""
    budget = Budget(candidates, trials, search_rows, seed, sample_share)
    return tabular_line(LINE, budget)
