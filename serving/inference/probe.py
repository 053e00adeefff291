"""Inputs to try a model with before it serves: the bundle's example, or made from the signature."""

from __future__ import annotations

import numpy as np

from serving.inference.plan import InputPlan, ModelPlan
from slipway.onnx.session import Tensor
from slipway.onnx.signature import DYNAMIC

_FREE_SIZE = 4  # of a free dimension other than the rows


def rows_of(inputs: dict[str, Tensor], rows: int) -> dict[str, Tensor]:
    """Return `inputs` with their rows repeated or cut to that number."""
    return {name: values[np.arange(rows) % len(values)] for name, values in inputs.items()}


def made_inputs(plan: ModelPlan, rows: int) -> dict[str, Tensor]:
    """Make rows that differ from each other and that most models take: small numbers, short strings."""
    generator = np.random.default_rng(0)
    return {each.name: _made(each, _shape(each, rows), generator) for each in plan.inputs.values()}


def differing_rows(plan: ModelPlan, inputs: dict[str, Tensor], rows: int) -> dict[str, Tensor]:
    """Return rows that differ in every input: those of `inputs` where they do, else made-up ones of their shape.

    What mixes rows cannot be told from rows that are alike: the mean of equal values is each of them.
    """
    generator = np.random.default_rng(0)
    return {
        name: values if _differ(values) else _made(plan.inputs[name], values.shape, generator)
        for name, values in rows_of(inputs, rows).items()
    }


def _differ(values: Tensor) -> bool:
    return any(not np.array_equal(values[0], other) for other in values[1:])


def _shape(plan: InputPlan, rows: int) -> tuple[int, ...]:
    inner = [_FREE_SIZE if size == DYNAMIC else size for size in plan.shape[1:]]
    return (*(rows if size == DYNAMIC else size for size in plan.shape[:1]), *inner)


def _made(plan: InputPlan, shape: tuple[int, ...], generator: np.random.Generator) -> Tensor:
    if plan.dtype.kind == "f":
        return generator.random(shape).astype(plan.dtype)
    whole = generator.integers(0, 2, shape[1:])
    if shape:
        whole = (whole + np.arange(shape[0]).reshape(-1, *[1] * len(shape[1:]))) % 2  # each row unlike the next
    return whole.astype(str).astype(object) if plan.dtype.kind == "O" else whole.astype(plan.dtype)
