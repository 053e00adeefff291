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
    return {each.name: _made(each, rows, generator) for each in plan.inputs.values()}


def _made(plan: InputPlan, rows: int, generator: np.random.Generator) -> Tensor:
    inner = [_FREE_SIZE if size == DYNAMIC else size for size in plan.shape[1:]]
    first = [rows if size == DYNAMIC else size for size in plan.shape[:1]]
    if plan.dtype.kind == "f":
        return generator.random((*first, *inner)).astype(plan.dtype)
    whole = generator.integers(0, 2, (*first, *inner))
    return whole.astype(str).astype(object) if plan.dtype.kind == "O" else whole.astype(plan.dtype)
