"""The bodies of one model's inference requests and answers, as JSON Schema.

Source: Open Inference Protocol v2, "HTTP/REST", "Inference". JSON Schema cannot say that the number
of values is the product of the shape, nor that all inputs have the same rows: the server checks both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.http.openapi_operation import Schema
from serving.inference.plan import ModelPlan
from slipway.onnx.signature import DYNAMIC, TensorSpec

_SCALARS = {"BOOL": False, "BYTES": ""}
_PARAMETERS: Schema = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
}


def request_schema(plan: ModelPlan) -> Schema:
    """Describe an inference request: each input once, in any order."""
    inputs = [_tensor(spec, _data(spec)) for spec in plan.signature.inputs]
    return {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": ["string", "null"]},
            "parameters": _PARAMETERS,
            "inputs": {
                "type": "array",
                "minItems": len(inputs),
                "maxItems": len(inputs),
                "items": {"anyOf": inputs},
            },
            "outputs": _requested(list(plan.output_names)),
        },
    }


def answer_schema(name: str, version: str, plan: ModelPlan) -> Schema:
    """Describe an answer; its values are flat, in row-major order."""
    outputs = [_tensor(spec, {"type": "array", "items": value_schema(spec)}) for spec in plan.signature.outputs]
    return {
        "type": "object",
        "required": ["model_name", "model_version", "outputs"],
        "additionalProperties": False,
        "properties": {
            "model_name": {"const": name},
            "model_version": {"const": version},
            "id": {"type": "string"},
            "outputs": {"type": "array", "minItems": 1, "maxItems": len(outputs), "items": {"anyOf": outputs}},
        },
    }


def example_request(plan: ModelPlan) -> dict[str, Any]:
    """Return a request of one row that the model's signature fits, all values zero or empty."""
    return {"inputs": [_example_tensor(spec) for spec in plan.signature.inputs]}


def value_schema(spec: TensorSpec) -> Schema:
    """Describe one value; a missing number is null."""
    dtype = spec.datatype.numpy
    kind = dtype.kind
    if kind == "b":
        return {"type": "boolean"}
    if kind in "iu":
        bounds = np.iinfo(dtype.name)
        return {"type": "integer", "minimum": int(bounds.min), "maximum": int(bounds.max)}
    return {"type": "string"} if kind == "O" else {"type": ["number", "null"]}


def _tensor(spec: TensorSpec, data: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"const": spec.name},
            "datatype": {"const": str(spec.datatype)},
            "shape": _shape(spec),
            "data": data,
            "parameters": _PARAMETERS,
        },
    }


def _shape(spec: TensorSpec) -> Schema:
    if DYNAMIC not in spec.shape:
        return {"const": list(spec.shape)}
    return {
        "type": "array",
        "description": f"{list(spec.shape)}, -1 being any size.",
        "minItems": len(spec.shape),
        "maxItems": len(spec.shape),
        "items": {"type": "integer", "minimum": 1},
    }


def _data(spec: TensorSpec) -> Schema:
    """Describe values flat, or nested as the shape says."""
    flat: Schema = {"type": "array", "minItems": 1, "items": value_schema(spec)}
    if len(spec.shape) < 2:
        return flat
    nested = flat
    for _ in spec.shape[1:]:
        nested = {"type": "array", "minItems": 1, "items": nested}
    return {"anyOf": [flat, nested]}


def _requested(names: list[str]) -> Schema:
    output = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"enum": names}, "parameters": _PARAMETERS},
    }
    return {"type": ["array", "null"], "maxItems": len(names), "items": output}


def _example_tensor(spec: TensorSpec) -> dict[str, Any]:
    shape = [max(size, 1) for size in spec.shape]
    data = [_SCALARS.get(str(spec.datatype), 0)] * int(np.prod(shape))
    return {"name": spec.name, "datatype": str(spec.datatype), "shape": shape, "data": data}
