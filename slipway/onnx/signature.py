"""The typed signature of an ONNX model, in the datatypes of the Open Inference Protocol.

Source: Open Inference Protocol v2, "Tensor Data Types".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from slipway.errors import ExportError

DYNAMIC = -1


class Datatype(StrEnum):
    """Tensor datatypes of the protocol that ONNX Runtime takes and NumPy holds."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    BF16 = "BF16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The NumPy dtype; BYTES is an object array of `str`, BF16 a float32 one (`slipway.onnx.bfloat16`)."""
        return np.dtype(_NUMPY[self])


_NUMPY: dict[str, str] = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "BF16": "float32",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
}

_FROM_ONNX: dict[str, Datatype] = {
    "tensor(bool)": Datatype.BOOL,
    "tensor(uint8)": Datatype.UINT8,
    "tensor(uint16)": Datatype.UINT16,
    "tensor(uint32)": Datatype.UINT32,
    "tensor(uint64)": Datatype.UINT64,
    "tensor(int8)": Datatype.INT8,
    "tensor(int16)": Datatype.INT16,
    "tensor(int32)": Datatype.INT32,
    "tensor(int64)": Datatype.INT64,
    "tensor(float16)": Datatype.FP16,
    "tensor(bfloat16)": Datatype.BF16,
    "tensor(float)": Datatype.FP32,
    "tensor(double)": Datatype.FP64,
    "tensor(string)": Datatype.BYTES,
}


@dataclass(frozen=True)
class TensorSpec:
    """Name, datatype and shape of one input or output; -1 is a dimension free at run time."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ModelSignature:
    """What a model takes and gives, in the model's own order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(spec.name for spec in self.inputs)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in order."""
        return tuple(spec.name for spec in self.outputs)


def tensor_spec(name: str, onnx_type: str, shape: list[object]) -> TensorSpec:
    """Build a spec from what ONNX Runtime says of one input or output.

    Raises:
        ExportError: the type has no counterpart in the protocol (a map or a sequence).
    """
    datatype = _FROM_ONNX.get(onnx_type)
    if datatype is None:
        raise ExportError(
            f"Tensor '{name}' cannot be served",
            expected="a tensor of numbers, booleans or strings",
            got=onnx_type,
            cure="Convert without ZipMap and without sequence outputs.",
        )
    dimensions = tuple(size if isinstance(size, int) else DYNAMIC for size in shape)
    return TensorSpec(name=name, datatype=datatype, shape=dimensions)
