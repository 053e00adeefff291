"""What a model is asked to do: the kind of task and the columns it may use."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from slipway.errors import UsageError
from slipway.frozen import Frozen
from slipway.parsing import parse


class TaskKind(StrEnum):
    """The three tabular tasks; each has its metrics, its losses and its candidates."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    CLUSTERING = "clustering"


class TaskSpec(Frozen):
    """A task over one table.

    `target` is the column to predict: integers 0 and 1 for classification, a number for
    regression, absent for clustering. `slices` are the columns whose values split the report.
    `block` names the column within which rows are not independent (the day of a flight):
    paired tests resample whole blocks.
    """

    kind: TaskKind
    target: str | None = None
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    block: str | None = None
    positive_name: str = Field(default="positive", description="what target = 1 means, for people")

    @model_validator(mode="after")
    def _is_coherent(self) -> TaskSpec:
        if (self.target is None) != (self.kind is TaskKind.CLUSTERING):
            raise UsageError(
                f"The {self.kind} task is incomplete",
                expected="no target" if self.kind is TaskKind.CLUSTERING else "a target column",
                got=repr(self.target),
                cure="Set `target` in the task, or change its `kind`.",
            )
        if self.target in self.features:
            raise UsageError(
                f"Target '{self.target}' is also a feature",
                cure="Remove it from `numeric` or `categorical`: a model that sees its answer learns nothing.",
            )
        if not self.features:
            raise UsageError("The task has no features", cure="List columns under `numeric` or `categorical`.")
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """Feature columns in the order of the model's inputs."""
        return self.numeric + self.categorical


def parse_task(content: dict[str, Any]) -> TaskSpec:
    """Read a task.

    Raises:
        UsageError: names the first thing that is wrong.
    """
    return parse(TaskSpec, content, what="The task", error=UsageError, cure="Correct the pipeline's task.")
