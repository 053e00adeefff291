"""What an evaluation says, overall and for each slice."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from slipway.task import TaskSpec


class SliceMetrics(BaseModel):
    """Metrics of the rows where `column` has `value`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    value: str
    rows: int
    metrics: dict[str, float]


class Evaluation(BaseModel):
    """Metrics on held-out rows that no earlier step has seen.

    `baseline` holds the same metrics for the trivial model: the base rate, the mean, one group.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: TaskSpec
    dataset_digest: str
    rows: int
    metrics: dict[str, float]
    baseline: dict[str, float]
    slices: tuple[SliceMetrics, ...] = ()
