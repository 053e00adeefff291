"""What an evaluation says, overall and for each slice."""

from __future__ import annotations

from slipway.frozen import Frozen
from slipway.task import TaskSpec


class SliceMetrics(Frozen):
    """Metrics of the rows where `column` has `value`."""

    column: str
    value: str
    rows: int
    metrics: dict[str, float]


class Evaluation(Frozen):
    """Metrics on held-out rows that no earlier step has seen.

    `baseline` holds the same metrics for the trivial model: the base rate, the mean, one group.
    """

    task: TaskSpec
    dataset_digest: str
    rows: int
    metrics: dict[str, float]
    baseline: dict[str, float]
    slices: tuple[SliceMetrics, ...] = ()
