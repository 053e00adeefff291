"""Tensors as the JSON of the Open Inference Protocol, both ways.

Source: Open Inference Protocol v2, "Tensor Data": row-major values, flat or nested as the shape
says. JSON has no NaN, so a missing number is `null`; an infinity, which has no JSON either, is
written as `null` too and never read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from slipway.errors import InferenceError
from slipway.onnx.session import Tensor
from slipway.onnx.signature import Datatype

FLOATS = frozenset({Datatype.FP16, Datatype.BF16, Datatype.FP32, Datatype.FP64})
_MOST_DIMENSIONS = 64  # NumPy's own
_MOST_VALUES = 2**31 - 1
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class NamedTensor:
    """One input or output; `values` has the datatype's NumPy dtype and the tensor's shape."""

    name: str
    datatype: Datatype
    values: Tensor


def tensor_json(name: str, datatype: Datatype, values: Tensor) -> dict[str, Any]:
    """One tensor as the protocol's JSON; a missing number is null."""
    return {"name": name, "shape": list(values.shape), "datatype": str(datatype), "data": _flat_values(values)}


def values_from_json(name: str, datatype: Datatype, shape: Sequence[int], data: Any) -> Tensor:
    """Read `data`, flat or nested, as an array of `shape` in the datatype's dtype.

    Nothing is converted silently: 1 is no boolean, 1.0 no integer, "1" no number.

    Raises:
        InferenceError: a value is of another kind or out of range, or the count does not fit the
            shape; names the tensor and the position.
    """
    _check_shape(name, shape)
    flat = _flatten(name, shape, data)
    _check_count(name, shape, flat)
    _check_kinds(name, datatype, flat)
    return _array(name, datatype, flat).reshape(tuple(shape))


def _flat_values(values: Tensor) -> list[Any]:
    flat: list[Any] = values.reshape(-1).tolist()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return [value if math.isfinite(value) else None for value in flat]
    return flat


def _check_shape(name: str, shape: Sequence[int]) -> None:
    # Before any arithmetic: a client may send a million sizes of a thousand digits each.
    if len(shape) > _MOST_DIMENSIONS or any(size > _MOST_VALUES for size in shape):
        expected = f"at most {_MOST_DIMENSIONS} dimensions of at most {_MOST_VALUES}"
        raise _misfit(name, expected, f"{len(shape)} dimensions, or larger ones")
    if math.prod(size for size in shape if size) > _MOST_VALUES:
        raise _misfit(name, f"a shape of at most {_MOST_VALUES} values", _cut(str(list(shape))))


def _flatten(name: str, shape: Sequence[int], data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise _misfit(name, "'data' to be an array", _shown(data))
    if not data or not isinstance(data[0], list) or not shape:
        return data
    if len(data) != shape[0]:
        raise _misfit(name, f"{shape[0]} rows, as its shape says", str(len(data)))
    level = data
    for size in shape[1:]:
        if any(not isinstance(row, list) or len(row) != size for row in level):
            raise _misfit(name, f"nested arrays of shape {_cut(str(list(shape)))}", "arrays of other lengths")
        level = list(chain.from_iterable(level))
    return level


def _check_count(name: str, shape: Sequence[int], flat: list[Any]) -> None:
    count = math.prod(shape)
    if count != len(flat):
        raise _misfit(name, f"{count} values for shape {_cut(str(list(shape)))}", str(len(flat)))


def _check_kinds(name: str, datatype: Datatype, flat: list[Any]) -> None:
    allowed, words = _KINDS[datatype]
    if set(map(type, flat)) <= allowed:
        return
    position = next(index for index, value in enumerate(flat) if type(value) not in allowed)
    raise _misfit(name, f"{words} ({datatype})", f"{_shown(flat[position])} at position {position}")


def _array(name: str, datatype: Datatype, flat: list[Any]) -> Tensor:
    try:
        with np.errstate(over="ignore"):
            array: Tensor = np.array(flat, dtype=datatype.numpy)
        for text in flat if datatype is Datatype.BYTES else ():
            text.encode()
    except OverflowError as error:
        raise _misfit(name, f"values that {datatype} can hold", _cut(str(error))) from error
    except UnicodeEncodeError as error:
        raise _misfit(name, "text that UTF-8 can encode", "half of a surrogate pair") from error
    if datatype in FLOATS and np.isinf(array).any():
        position = int(np.flatnonzero(np.isinf(array))[0])
        raise _misfit(name, f"finite values within {datatype}", f"{_shown(flat[position])} at position {position}")
    return array


def _misfit(name: str, expected: str, got: str) -> InferenceError:
    return InferenceError(
        f"Tensor '{name[:_SHOWN_CHARACTERS]}' cannot be read",
        expected=expected,
        got=got,
        cure="Compare with the model's metadata; a missing number is null, a missing category the empty string.",
    )


def _shown(value: Any) -> str:
    """Describe a JSON value in few words, however long or deep it is."""
    if isinstance(value, dict | list):
        return f"an {'array' if isinstance(value, list) else 'object'} of {len(value)}"
    return _cut(json.dumps(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


_Kinds = tuple[frozenset[type], str]  # the Python types of the JSON values, and their name
_INTEGER: _Kinds = (frozenset({int}), "whole numbers")
_NUMBER: _Kinds = (frozenset({int, float, type(None)}), "numbers or null")
_KINDS: dict[Datatype, _Kinds] = {
    **dict.fromkeys(Datatype, _INTEGER),
    **dict.fromkeys(FLOATS, _NUMBER),
    Datatype.BOOL: (frozenset({bool}), "true or false"),
    Datatype.BYTES: (frozenset({str}), "strings"),
}
