"""The cells of a CSV as memory of the model's dtype."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from serving.inference.plan import InputPlan
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

Cell = tuple[int, int, str]  # line and column from 1, and what stands there

_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MISSING = frozenset({"", "nan"})
_BOOLEANS = {"true": True, "false": False}
_SHOWN_CHARACTERS = 60


def read_cells(spec: InputPlan, shape: list[int], cells: list[Cell]) -> Tensor:
    """Read row-major cells as an array of `shape`.

    Empty or 'nan' is a missing number, empty also the empty string. Nothing is converted silently:
    1.0 is no integer, 1 no boolean.

    Raises:
        InferenceError: a cell is no value of the input, or the shape is not the model's; names the
            line and the column.
    """
    spec.check_shape(shape)
    kind = spec.dtype.kind
    if kind == "O":
        return np.array([cell for _, _, cell in cells], dtype=object).reshape(shape)
    read, words = _READERS[kind]
    values = _read_all(spec, read, words, cells)
    array = _array(spec, values, cells)
    return array.reshape(shape)


def _read_all(
    spec: InputPlan, read: Callable[[str], float | None], words: str, cells: Iterable[Cell]
) -> list[float]:
    values: list[float] = []
    for cell in cells:
        value = read(cell[2].strip())
        if value is None:
            raise _misfit(spec, cell, words)
        values.append(value)
    return values


def _array(spec: InputPlan, values: list[float], cells: list[Cell]) -> Tensor:
    if spec.dtype.kind in "iu":
        limits = np.iinfo(spec.dtype.name)
        beyond = [index for index, value in enumerate(values) if not limits.min <= value <= limits.max]
        if beyond:
            raise _misfit(spec, cells[beyond[0]], f"whole numbers from {limits.min} to {limits.max}")
    with np.errstate(over="ignore"):
        array: Tensor = np.array(values, dtype=spec.dtype)
    if spec.dtype.kind == "f" and np.isinf(array).any():
        raise _misfit(spec, cells[int(np.flatnonzero(np.isinf(array))[0])], "finite values")
    return array


def _number(text: str) -> float | None:
    if text.lower() in _MISSING:
        return np.nan
    return float(text) if _NUMBER.fullmatch(text) else None


def _whole(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


def _misfit(spec: InputPlan, cell: Cell, expected: str) -> InferenceError:
    line, column, text = cell
    shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
    return InferenceError(
        f"Line {line}, column {column} (input '{spec.name}') cannot be read",
        expected=f"{expected} ({spec.datatype})",
        got=f"'{shown}'",
        cure="Compare with the model's metadata; a missing number is empty.",
    )


# By the kind of the model's dtype.
_READERS: dict[str, tuple[Callable[[str], float | None], str]] = {
    "f": (_number, "numbers, or nothing"),
    "i": (_whole, "whole numbers"),
    "u": (_whole, "whole numbers"),
    "b": (_boolean, "true or false"),
}
