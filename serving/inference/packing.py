"""Values that stay bytes until their run: joining them makes one array for many requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from slipway.onnx.session import Tensor

Memories = Mapping[str, bytes | bytearray]  # row-major values of each input, as its dtype lies in memory


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

    def arrays(self, memories: Memories) -> dict[str, Tensor]:
        """Return the inputs of one request."""
        return {name: np.ndarray(shape, dtype, memories[name]) for name, (dtype, shape) in self.inputs.items()}

    def joined(self, requests: Sequence[Memories], rows: int) -> dict[str, Tensor]:
        """Return the inputs of many requests, which have so many rows together."""
        return {
            name: np.ndarray((rows, *shape[1:]), dtype, b"".join([memories[name] for memories in requests]))
            for name, (dtype, shape) in self.inputs.items()
        }


def arrays_of(values: dict[str, Tensor] | Memories, packing: Packing | None) -> dict[str, Tensor]:
    """Return arrays: `values` themselves, or what their packing makes of memories."""
    if packing is None:
        return cast("dict[str, Tensor]", values)
    return packing.arrays(cast("Memories", values))
