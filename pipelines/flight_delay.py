"""The flagship: will a flight from New York arrive more than 15 minutes late?

Predicted from what is known before departure; `pipelines/sql/flights.sql` says what is barred.
"""

from kfp import dsl

from pipelines.lines.flights import flights_line
from pipelines.lines.tabular import Budget, Release, tabular_line

LINE = flights_line("flight-delay", kind="classification", target="late", positive_name="late")


@dsl.pipeline(name=LINE.name, description="Predict whether a flight arrives more than 15 minutes late.")
def pipeline(
    candidates: list = ["logistic_regression", "random_forest", "hist_gradient_boosting", "xgboost"],  # noqa: B006
    trials: int = 4,
    search_rows: int = 60_000,
    seed: int = 13,
    sample_share: float = 1.0,
) -> Release:
    """Train, prove, judge and register the flight-delay classifier.

    Args:
        candidates: kinds of learner to compare.
        trials: settings that the search tries for each candidate.
        search_rows: most training rows of one trial.
        seed: of the search, the sampling and the learners.
        sample_share: share of all flights to use; below 1 for a quick trial.
    """
    budget = Budget(candidates, trials, search_rows, seed, sample_share)
    return tabular_line(LINE, budget)
