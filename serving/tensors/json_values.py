"""The values of one input, from a parsed JSON array to memory of the model's dtype, quickly.

`struct` packs numbers three times as fast as NumPy reads them, and refuses what its format cannot
hold: 1.0 as an integer, 300 as INT8, 1e39 as FP32. What it would take besides, booleans as
numbers, the types tell. Formats begin with "<": without it an overflow of FP32 would pass as infinity.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from math import nan
from typing import Any

import numpy as np

from serving.inference.plan import InputPlan
from slipway.onnx.session import Tensor

_NUMBERS: frozenset[type] = frozenset({int, float, type(None)})
_INTEGERS: frozenset[type] = frozenset({int})
# For each datatype the Python types of its JSON values, and its letter in `struct`.
_FORMS: dict[str, tuple[frozenset[type], str]] = {
    "BOOL": (frozenset({bool}), "?"),
    "UINT8": (_INTEGERS, "B"),
    "UINT16": (_INTEGERS, "H"),
    "UINT32": (_INTEGERS, "I"),
    "UINT64": (_INTEGERS, "Q"),
    "INT8": (_INTEGERS, "b"),
    "INT16": (_INTEGERS, "h"),
    "INT32": (_INTEGERS, "i"),
    "INT64": (_INTEGERS, "q"),
    "FP16": (_NUMBERS, "e"),
    "BF16": (_NUMBERS, "f"),
    "FP32": (_NUMBERS, "f"),
    "FP64": (_NUMBERS, "d"),
    "BYTES": (frozenset({str}), ""),
}


class UnclearError(Exception):
    """The fast reader cannot tell that the request is right: the strict one must look."""


def values_of(plan: InputPlan, shape: list[Any], data: Any) -> Tensor:
    """Read `data`, flat or nested, as an array of `shape`, which may be read-only.

    Raises:
        InferenceError: the shape is not the model's.
        UnclearError: the values may not be right.
    """
    count = plan.check_shape(shape)
    kinds, letter = _FORMS[plan.datatype]
    if type(data) is not list:
        raise UnclearError
    data = flat_values(kinds, shape, data)
    if len(data) != count:
        raise UnclearError
    if not letter:
        return np.array(data, dtype=plan.dtype).reshape(shape)
    return np.ndarray(shape, plan.dtype, packed(_packer(letter, count), data))


def flat_values(kinds: frozenset[type], shape: Sequence[int], data: list[Any]) -> list[Any]:
    """Return values of those types, with the nesting that the shape says undone.

    Raises:
        UnclearError: a value is of another type, or the nesting is another.
    """
    if kinds.issuperset(map(type, data)):
        return data
    flat = _flattened(shape, data)
    if not kinds.issuperset(map(type, flat)):
        raise UnclearError
    return flat


def kinds_of(plan: InputPlan) -> frozenset[type]:
    """Return the Python types that the JSON values of an input may have."""
    return _FORMS[plan.datatype][0]


def packer_of(*counted: tuple[InputPlan, int]) -> struct.Struct:
    """Return what packs so many values of each input, one after the other; strings are left out."""
    letters = [(_FORMS[plan.datatype][1], count) for plan, count in counted]
    return struct.Struct("<" + "".join(f"{count}{letter}" for letter, count in letters if letter))


def packed(packer: struct.Struct, data: list[Any]) -> bytes:
    """Return the values as memory; null becomes NaN.

    Raises:
        UnclearError: they are more or fewer, or not all are in the range of the datatype.
        OverflowError: a number is beyond the range of the datatype.
    """
    try:
        return packer.pack(*data)
    except struct.error:  # null, or beyond the range
        pass
    try:
        return packer.pack(*[nan if value is None else value for value in data])
    except struct.error as error:
        raise UnclearError from error


@lru_cache(maxsize=1024)
def _packer(letter: str, count: int) -> struct.Struct:
    return struct.Struct(f"<{count}{letter}")


def _flattened(shape: Sequence[int], data: list[Any]) -> list[Any]:
    """Undo the nesting that the shape says."""
    if len(data) != shape[0]:
        raise UnclearError
    for size in shape[1:]:
        if set(map(type, data)) != {list} or set(map(len, data)) != {size}:
            raise UnclearError
        data = list(chain.from_iterable(data))
    return data
