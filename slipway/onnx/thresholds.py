"""Neighbouring float32 numbers, and the search for the pair between which a condition changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Condition = Callable[[Float32], NDArray[np.bool_]]

# Far beyond any feature, and still finite after a scaler divides by 1e-8.
_WIDEST = np.float32(1e30)
_SIGN = np.int64(0x80000000)


def ranks(values: Float32) -> NDArray[np.int64]:
    """Find the place of each number in the order of all float32: neighbours differ by one, both zeros are 0."""
    bits = values.view(np.uint32).astype(np.int64)
    return np.where(bits >= _SIGN, _SIGN - bits, bits)


def from_ranks(places: NDArray[np.int64]) -> Float32:
    """Give the float32 numbers at these places; inverse of `ranks`."""
    bits = np.where(places < 0, _SIGN - places, places)
    return bits.astype(np.uint32).view(np.float32)


def last_true(condition: Condition, count: int) -> tuple[Float32, NDArray[np.bool_]]:
    """For `count` conditions, each true up to some float32 and false beyond, the last number that is true.

    Returns:
        `[count]` numbers, and which of them are real: the condition does change between -1e30 and 1e30.
    """
    low = np.full(count, _WIDEST * -1, dtype=np.float32)
    high = np.full(count, _WIDEST, dtype=np.float32)
    changes = condition(low) & ~condition(high)
    lower, upper = ranks(low), ranks(high)
    while (upper - lower > 1).any():
        middle = (lower + upper) // 2
        holds = condition(from_ranks(middle))
        lower, upper = np.where(holds, middle, lower), np.where(holds, upper, middle)
    return from_ranks(lower), changes
