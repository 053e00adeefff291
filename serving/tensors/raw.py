"""Raw tensors ↔ arrays: row-major values, little-endian; of BYTES each has its length before it.

Source: KServe, "Binary Tensor Data Extension", "Raw Binary Request"; Open Inference Protocol v2,
gRPC, "raw_input_contents". Of BF16 the upper half of a float32 travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

import numpy as np

from serving.inference.plan import InputPlan
from slipway.onnx.session import Tensor

_LENGTH = Struct("<I")
_ITEM_BYTES = {"BYTES": 0, "BF16": 2}  # where NumPy's own differ
NOT_IN_MEMORY_SO = frozenset(_ITEM_BYTES)  # datatypes whose raw form is not that of the array
NOT_ANY_BYTES = frozenset({"BOOL", "BF16"})  # those whose bytes are checked, or made wider
_HALF = 16  # bits of a float32 that a BF16 lacks


def item_bytes(datatype: str, dtype: np.dtype[np.generic]) -> int:
    """Return how many bytes one value takes; 0 for BYTES, whose values differ."""
    return _ITEM_BYTES.get(datatype, dtype.itemsize)


def read_raw(plan: InputPlan, shape: Sequence[int], body: bytes | bytearray, start: int, stop: int) -> Tensor:
    """Return the bytes from `start` to `stop` as an array of `shape`, which the plan has checked.

    The array shares the memory of `body` where that is aligned.

    Raises:
        InferenceError: there are more or fewer bytes than the shape says, or they are no values of
            the datatype.
    """
    count = plan.check_shape(shape)
    size = item_bytes(plan.datatype, plan.dtype)
    if not size:
        return np.array(read_texts(plan, count, body[start:stop]), dtype=object).reshape(shape)
    if stop - start != count * size:
        raise plan.misfit(
            f"{count * size} bytes of {plan.datatype} for shape {list(shape)}", f"{stop - start} bytes"
        )
    if plan.datatype == "BOOL" and body[start:stop].strip(b"\0\1"):
        raise plan.misfit("bytes 0 and 1 (BOOL)", "another")
    if start % size:
        body, start = body[start:stop], 0
    if plan.datatype == "BF16":
        halves = np.ndarray(shape, "<u2", body, start)
        return (halves.astype(np.uint32) << _HALF).view(np.float32)
    return np.ndarray(shape, plan.dtype, body, start)


def write_raw(datatype: str, values: Tensor) -> bytes:
    """Return the bytes of an array of the datatype's dtype."""
    if datatype == "BF16":
        return (np.ascontiguousarray(values).view(np.uint32) >> _HALF).astype("<u2").tobytes()
    if not values.dtype.hasobject:
        return values.tobytes()
    parts: list[bytes] = []
    for value in values.ravel().tolist():
        content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
        parts += (_LENGTH.pack(len(content)), content)
    return b"".join(parts)


def read_texts(plan: InputPlan, count: int, raw: bytes | bytearray) -> list[str]:
    """Return so many strings, each after its length.

    Raises:
        InferenceError: there are more or fewer, or one is not UTF-8.
    """
    texts: list[str] = []
    position, end = 0, len(raw)
    while position < end and len(texts) < count:
        start = position + _LENGTH.size
        if start > end:
            raise plan.misfit("4 bytes of length before each string", f"{end - position} at string {len(texts)}")
        position = start + _LENGTH.unpack_from(raw, start - _LENGTH.size)[0]
        if position > end:
            raise plan.misfit(f"{position - start} bytes of string {len(texts)}", str(end - start))
        texts.append(_text(plan, raw[start:position], len(texts)))
    if len(texts) != count:
        raise plan.misfit(f"{count} strings, each after its length", str(len(texts)))
    if position != end:
        raise plan.misfit(f"the end after {count} strings", f"{end - position} more bytes")
    return texts


def _text(plan: InputPlan, content: bytes | bytearray, index: int) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        got = f"byte {content[error.start]:#04x} at position {error.start} of string {index}"
        raise plan.misfit("strings in UTF-8", got) from error
