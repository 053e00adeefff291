"""Models that repeat what they are given."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

from tests.support.plain_models import model_of

_INTEGERS = [f"{sign}INT{bits}" for sign in ("U", "") for bits in (8, 16, 32, 64)]
TYPES = {
    "BOOL": TensorProto.BOOL,
    **{name: TensorProto.DataType.Value(name) for name in _INTEGERS},
    "FP16": TensorProto.FLOAT16,
    "BF16": TensorProto.BFLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}


def echoing(*datatypes: str, shape: Sequence[int | str | None] = ("rows", 1)) -> onnx.ModelProto:
    """An input named after each datatype, and an output `<name>_out` that repeats it."""
    names = {datatype.lower(): TYPES[datatype] for datatype in datatypes}
    return model_of(
        [helper.make_node("Identity", [name], [f"{name}_out"]) for name in names],
        {name: (kind, list(shape)) for name, kind in names.items()},
        {f"{name}_out": (kind, list(shape)) for name, kind in names.items()},
    )
