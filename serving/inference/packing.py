"""Values that become arrays only for their run: joining them makes one array for many requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import numpy as np

from slipway.onnx.session import Tensor

# Row-major values of an input: as its dtype lies in memory, or its strings.
Values = bytes | bytearray | list[str]
Memories = Mapping[str, Values]


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """What packed requests alike but for their values have in common.

    `inputs` has each input's dtype and shape. All of one `group` have the same, and differ at most in
    the first dimension, the rows.
    """

    inputs: dict[str, tuple[np.dtype[Any], tuple[int, ...]]]
    outputs: tuple[str, ...]
    rows: int
    group: object

    @property
    def has_strings(self) -> bool:
        """Whether the values of an input are strings."""
        return any(dtype.hasobject for dtype, _ in self.inputs.values())

    def arrays(self, memories: Memories) -> dict[str, Tensor]:
        """Return the inputs of one request."""
        return {name: _array(shape, dtype, memories[name]) for name, (dtype, shape) in self.inputs.items()}

    def joined(self, requests: Sequence[Memories], rows: int) -> dict[str, Tensor]:
        """Return the inputs of many requests, which have so many rows together."""
        return {
            name: _array((rows, *shape[1:]), dtype, _joined([memories[name] for memories in requests], dtype))
            for name, (dtype, shape) in self.inputs.items()
        }


def arrays_of(values: dict[str, Tensor] | Memories, packing: Packing | None) -> dict[str, Tensor]:
    """Return arrays: `values` themselves, or what their packing makes of memories."""
    if packing is None:
        return cast("dict[str, Tensor]", values)
    return packing.arrays(cast("Memories", values))


def _array(shape: tuple[int, ...], dtype: np.dtype[Any], values: Values) -> Tensor:
    if dtype.hasobject:
        return np.array(values, dtype).reshape(shape)
    return np.ndarray(shape, dtype, cast("bytes", values))


def _joined(requests: list[Values], dtype: np.dtype[Any]) -> Values:
    if dtype.hasobject:
        return list(chain.from_iterable(cast("list[list[str]]", requests)))
    return b"".join(cast("list[bytes]", requests))
