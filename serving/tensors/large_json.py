"""Long inference requests in JSON: simdjson writes numbers straight into a buffer, with no Python object each.

Its buffers flatten whatever is nested, so the arrays are counted: a text with as many opening
brackets as the request has arrays, none in a string, nests nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Literal

import numpy as np
from simdjson import Array, Object, Parser

from serving.inference.plan import InputPlan
from serving.tensors.json_values import UnclearError, values_of
from serving.tensors.strict_request import BINARY_SIZE
from slipway.onnx.session import Tensor

# By the kind of the model's dtype: simdjson's letter for a buffer, and the buffer's dtype.
_BUFFERS: dict[str, tuple[Literal["d", "i", "u"], str]] = {
    "f": ("d", "float64"),
    "i": ("i", "int64"),
    "u": ("u", "uint64"),
}
_BYTE_ORDER_MARK = b"\xef"  # which simdjson skips, and JSON does not have


class LargeJson:
    """One parsed request; `values` reads those of one input, then `check_arrays` the rest."""

    __slots__ = ("_arrays", "_body", "content")

    def __init__(self, body: bytes | bytearray) -> None:
        if body.startswith(_BYTE_ORDER_MARK):
            raise UnclearError
        document = Parser().parse(body)
        if not isinstance(document, Object):
            raise UnclearError
        self._body = body
        self._arrays = 0
        self.content: dict[str, Any] = {
            key: self._entries(document[key]) if key == "inputs" else _plain(document[key]) for key in document
        }

    def values(self, plan: InputPlan, entry: dict[str, Any]) -> Tensor:
        """Read the values of one input as `serving.tensors.json_request.json_values` does."""
        if "parameters" in entry and BINARY_SIZE in (entry["parameters"] or ()):
            raise UnclearError
        shape, data = entry["shape"], entry["data"]
        count = plan.check_shape(shape)
        if not isinstance(data, Array):
            raise UnclearError
        letter, dtype = _BUFFERS[plan.dtype.kind]
        nested = isinstance(data[0], Array)
        self._arrays += _arrays(shape) if nested else 1
        try:
            buffer = data.as_buffer(of_type=letter)
        except TypeError:  # null, or something worse
            return values_of(plan, shape, data.as_list())
        flat: Tensor = np.frombuffer(buffer, dtype)
        if flat.size != count:
            raise UnclearError
        if nested:
            _check_rows(shape, data)
        return _narrowed(flat, plan.dtype).reshape(shape)

    def check_arrays(self) -> None:
        """Raise UnclearError unless the request has the arrays that were read, and no others."""
        if self._body.count(b"[") != self._arrays + isinstance(self.content.get("outputs"), list):
            raise UnclearError

    def _entries(self, inputs: Any) -> list[dict[str, Any]]:
        if not isinstance(inputs, Array):
            raise UnclearError
        self._arrays += 1 + len(inputs)  # of each input the shape
        return [_entry(entry) for entry in inputs]


def _entry(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, Object):
        raise UnclearError
    return {key: entry[key] if key == "data" else _plain(entry[key]) for key in entry}


def _plain(value: Any) -> Any:
    if isinstance(value, Array):
        return value.as_list()
    return value.as_dict() if isinstance(value, Object) else value


def _arrays(shape: Sequence[int]) -> int:
    """How many arrays values nested as the shape says are."""
    return sum(prod(shape[:depth]) for depth in range(len(shape)))


def _check_rows(shape: Sequence[int], data: Array) -> None:
    level: list[Any] = [data]
    for depth, size in enumerate(shape):
        if depth:
            level = [row for array in level for row in array]
        if set(map(len, level)) != {size}:
            raise UnclearError


def _narrowed(flat: Tensor, dtype: np.dtype[Any]) -> Tensor:
    if flat.dtype == dtype:
        return flat
    if dtype.kind != "f":
        limits = np.iinfo(dtype.name)
        if flat.min() < limits.min or flat.max() > limits.max:
            raise UnclearError
        return flat.astype(dtype)
    with np.errstate(over="ignore"):
        narrow = flat.astype(dtype)
    if not np.isfinite(narrow).all():
        raise UnclearError
    return narrow
