"""Raw contents ↔ arrays: row-major values, little-endian; of BYTES each has its length before it.

Source: Open Inference Protocol v2, gRPC, "raw_input_contents"; Binary Tensor Data Extension for BYTES.
BF16 is the upper half of a float32, which is what models here are given and give.
"""

from __future__ import annotations

from struct import Struct

import numpy as np

from serving.grpc.infer.contents import as_bytes, text_array
from serving.inference.plan import InputPlan
from slipway.onnx.session import Tensor

NOT_IN_MEMORY_SO = frozenset({"BYTES", "BF16"})  # datatypes whose raw form is not that of the array
_length = Struct("<I")


def read_raw(plan: InputPlan, raw: bytes, shape: tuple[int, ...], count: int) -> Tensor:
    """Return the values as an array of `shape`, which has `count` values; most are not copied.

    Raises:
        InferenceError: there are more or fewer bytes than the shape says, or they are no values of
            the datatype.
    """
    if plan.datatype == "BYTES":
        return text_array(plan, _split(plan, raw, count), shape)
    size = count * (2 if plan.datatype == "BF16" else plan.itemsize)
    if len(raw) != size:
        raise plan.misfit(f"{size} raw bytes, as its shape says", str(len(raw)))
    if plan.datatype == "BF16":
        return (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if plan.datatype == "BOOL" and raw.strip(b"\0\1"):
        raise plan.misfit("bytes 0 and 1", "another")
    return np.ndarray(shape, plan.dtype, raw)


def write_raw(datatype: str, values: Tensor) -> bytes:
    """Return an array's values."""
    if datatype == "BYTES":
        texts = [as_bytes(value) for value in values.ravel().tolist()]
        return b"".join([part for text in texts for part in (_length.pack(len(text)), text)])
    if datatype == "BF16":
        return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return values.tobytes()


def _split(plan: InputPlan, raw: bytes, count: int) -> list[bytes]:
    values: list[bytes] = []
    position, end = 0, len(raw)
    while position + _length.size <= end and len(values) < count:
        start = position + _length.size
        position = start + _length.unpack_from(raw, position)[0]
        values.append(raw[start:position])
    if position != end or len(values) != count:
        raise plan.misfit(f"{count} values, each with its length in 4 bytes before it", "other raw bytes")
    return values
