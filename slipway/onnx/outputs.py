"""The output tensors of each task: what every exporter gives and every reader expects."""

from __future__ import annotations

from typing import NamedTuple

from slipway.task import TaskKind


class OutputNames(NamedTuple):
    """Names of a model's outputs: `scores` FP32 `[rows, k]`, and `label` INT64 `[rows]` where there is one."""

    label: str | None
    scores: str

    @property
    def in_order(self) -> tuple[str, ...]:
        """The outputs in the model's own order, label first."""
        return (self.scores,) if self.label is None else (self.label, self.scores)


OUTPUTS: dict[TaskKind, OutputNames] = {
    TaskKind.CLASSIFICATION: OutputNames("label", "probabilities"),
    TaskKind.REGRESSION: OutputNames(None, "prediction"),
    TaskKind.CLUSTERING: OutputNames("cluster", "distances"),
}
