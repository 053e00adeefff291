"""Typed contents ↔ arrays: one repeated field for each kind of datatype.

Source: Open Inference Protocol v2, gRPC, "InferTensorContents".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.grpc.protos.open_inference_pb2 import InferTensorContents
from serving.inference.plan import InputPlan
from slipway.onnx.session import Tensor

# FP16 and BF16 have no field: they travel raw.
FIELDS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def read_contents(plan: InputPlan, contents: InferTensorContents, shape: tuple[int, ...], count: int) -> Tensor:
    """Return the values as an array of `shape`, which has `count` values.

    Raises:
        InferenceError: they are in another field than the datatype's, are more or fewer, or do not
            fit the datatype.
    """
    name = FIELDS.get(plan.datatype)
    if name is None:
        raise plan.misfit(f"{plan.datatype} in raw_input_contents", "typed contents")
    _check_fields(plan, contents, name)
    values = getattr(contents, name)
    if len(values) != count:
        raise plan.misfit(f"{count} values in {name}, as its shape says", str(len(values)))
    if plan.datatype == "BYTES":
        return text_array(plan, list(values), shape)
    try:
        return np.array(list(values), plan.dtype).reshape(shape)
    except OverflowError as error:
        raise plan.misfit(f"values that {plan.datatype} can hold", str(error)) from error


def text_array(plan: InputPlan, values: list[bytes], shape: tuple[int, ...]) -> Tensor:
    """Return an object array of `str`.

    Raises:
        InferenceError: a value is not UTF-8.
    """
    array = np.empty(len(values), object)
    try:
        array[:] = [value.decode() for value in values]
    except UnicodeDecodeError as error:
        raise plan.misfit("strings in UTF-8", f"bytes that are not: {error.reason}") from error
    return array.reshape(shape)


def write_contents(contents: InferTensorContents, datatype: str, values: Tensor) -> None:
    """Add an array's values; `datatype` must have a field."""
    flat: list[Any] = values.ravel().tolist()
    if datatype == "BYTES":
        flat = [as_bytes(value) for value in flat]
    getattr(contents, FIELDS[datatype]).extend(flat)


def as_bytes(value: str | bytes) -> bytes:
    """Encode one value of a BYTES tensor."""
    return value if isinstance(value, bytes) else value.encode(errors="surrogateescape")


def _check_fields(plan: InputPlan, contents: InferTensorContents, name: str) -> None:
    others = [field.name for field, _ in contents.ListFields() if field.name != name]
    if others:
        raise plan.misfit(f"{plan.datatype} in {name} only", ", ".join(others))
