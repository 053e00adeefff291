"""Models whose inputs are the columns of a table: one value of each for each row."""

from __future__ import annotations

from serving.inference.plan import InputPlan, ModelPlan


def columns_of(plan: ModelPlan) -> list[InputPlan]:
    """Return the inputs in the signature's order, if each takes one value a row; else none."""
    inputs = list(plan.inputs.values())
    return inputs if all(is_column(spec) for spec in inputs) else []


def is_column(spec: InputPlan) -> bool:
    """Tell whether an input takes one value a row: shape [n] or [n, 1]."""
    return len(spec.shape) == 1 or (len(spec.shape) == 2 and spec.shape[1] == 1)


def column_shape(spec: InputPlan, rows: int) -> list[int]:
    """Return the shape of so many values of a column."""
    return [rows, 1][: len(spec.shape)]
