"""Requests in CSV, as SageMaker's clients send them: one line a row, no shapes and no datatypes.

Sources: RFC 4180; Amazon SageMaker AI, "Common data formats for inference", "text/csv".
"""

from __future__ import annotations

import csv
import io
from typing import NoReturn

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.columns import column_shape, columns_of
from serving.tensors.csv_values import read_cells
from serving.tensors.question import Question
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

_CURE = "Send one line for each row, its values separated by commas; a missing number is empty."
_SHOWN_CHARACTERS = 60

Row = tuple[int, list[str]]  # with the line that it ends on, from 1


def read_csv_request(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read rows for a model of one two-dimensional input, or of inputs that take one value a row each.

    The columns are the features of the one input, or the inputs in the signature's order; a first
    line of the inputs' names gives another order. An empty cell is a missing number (NaN) or "".

    Raises:
        InferenceError: the body is no CSV, or does not fit the model; names row and column.
    """
    rows = _rows(body)
    columns = columns_of(plan)
    if columns:
        return Question(_by_column(columns, rows))
    spec = next(iter(plan.inputs.values()))
    if len(plan.inputs) != 1 or len(spec.shape) != 2:
        raise InferenceError(
            "This model cannot be asked in CSV",
            expected="one input of rows, or inputs of one value a row",
            got=", ".join(f"'{each.name}' of shape {list(each.shape)}" for each in plan.inputs.values()),
            cure="Send application/json.",
        )
    return Question({spec.name: _features(spec, rows)})


def _rows(body: bytes | bytearray) -> list[Row]:
    try:
        text = body.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        _refuse("The body", "UTF-8", f"byte {body[error.start]:#04x} at position {error.start}")
    except csv.Error as error:
        _refuse(f"Line {reader.line_num}", "CSV", str(error))
    while rows and not rows[-1][1]:
        rows.pop()
    if not rows:
        _refuse("The body", "at least one row", "none")
    return rows


def _by_column(columns: list[InputPlan], rows: list[Row]) -> dict[str, Tensor]:
    names = [spec.name for spec in columns]
    first = [cell.strip() for cell in rows[0][1]]
    if sorted(first) == sorted(names):
        columns = sorted(columns, key=lambda spec: first.index(spec.name))
        rows = rows[1:]
        if not rows:
            _refuse("The body", "at least one row after the names", "none")
    _check_widths(rows, len(columns), ", ".join(spec.name for spec in columns))
    return {
        spec.name: read_cells(
            spec, column_shape(spec, len(rows)), [(line, place + 1, row[place]) for line, row in rows]
        )
        for place, spec in enumerate(columns)
    }


def _features(spec: InputPlan, rows: list[Row]) -> Tensor:
    width = spec.shape[1] if spec.shape[1] > 0 else len(rows[0][1])
    _check_widths(rows, width, f"input '{spec.name}'")
    cells = [(line, place + 1, cell) for line, row in rows for place, cell in enumerate(row)]
    return read_cells(spec, [len(rows), width], cells)


def _check_widths(rows: list[Row], width: int, what: str) -> None:
    for line, row in rows:
        if len(row) != width:
            _refuse(f"Line {line}", f"{width} values ({what})", str(len(row)))


def _refuse(what: str, expected: str, got: str) -> NoReturn:
    raise InferenceError(f"{what} cannot be read", expected=expected, got=got[: 2 * _SHOWN_CHARACTERS], cure=_CURE)
