"""Signatures in one line, for tests that need no model."""

from __future__ import annotations

from serving.inference.plan import ModelPlan
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

Form = tuple[str, str, tuple[int, ...]]


def plan_of(inputs: list[Form], outputs: list[Form] = ()) -> ModelPlan:
    """A plan of (name, datatype, shape) for each input and output."""
    specs = [
        [TensorSpec(name, Datatype(datatype), shape) for name, datatype, shape in side]
        for side in (inputs, outputs)
    ]
    return ModelPlan.of(ModelSignature(inputs=tuple(specs[0]), outputs=tuple(specs[1])))
