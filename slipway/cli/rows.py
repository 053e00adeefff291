"""The rows a prediction is asked for: from a file or a bundle's example to input tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from slipway.cli.row_files import read_csv, read_json, read_parquet, table_of_records
from slipway.endpoint.client import tensor_from_json
from slipway.errors import DataError
from slipway.onnx.columns import tensors_from_table
from slipway.onnx.signature import ModelSignature
from slipway.onnx.tensor_json import FLOATS, NamedTensor

BATCH_ROWS = 1000

Rows = tuple[NamedTensor, ...]


def read_rows(path: Path, signature: ModelSignature) -> Rows:
    """Read the file's rows as the inputs of `signature`; columns it does not name are left out.

    Raises:
        DataError: the file is missing, empty, of an unknown kind or malformed.
        InferenceError: it lacks an input, or a value does not fit one.
    """
    require_readable(path)
    rows = _READERS[path.suffix.lower()](path, signature)
    require_rows(rows, str(path))
    return rows


def require_readable(path: Path) -> None:
    """Check that there is a file of a known kind with something in it.

    Raises:
        DataError: there is not.
    """
    if path.suffix.lower() not in _READERS:
        raise DataError(
            f"'{path}' is of an unknown kind",
            expected=", ".join(_READERS),
            got=path.suffix or "no extension",
            cure="Rename the file after what it holds.",
        )
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}", cure="Check the path.") from error
    if empty:
        raise DataError(f"'{path}' is empty", cure="Give a file with at least one row.")


def request_rows(content: Mapping[str, Any], source: str) -> Rows:
    """Take the inputs of a request of the Open Inference Protocol as they are.

    Raises:
        DataError: it is no such request.
        InferenceError: a tensor's values do not fit its datatype or shape.
    """
    try:
        rows = tuple(tensor_from_json(entry) for entry in content["inputs"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"'{source}' is no request of the Open Inference Protocol: {error!r}",
            expected="'inputs', each with name, datatype, shape and data",
            cure="Compare it with the bundle's input_example.json.",
        ) from error
    require_rows(rows, source)
    return rows


def require_rows(rows: Rows, source: str) -> None:
    """Check that there are rows, as many in each input, and no infinite number, which JSON lacks."""
    counts = {len(each.values) if each.values.ndim else 0 for each in rows}
    if len(counts) != 1 or counts == {0}:
        raise DataError(
            f"'{source}' has no rows" if counts <= {0} else f"The inputs of '{source}' differ in rows",
            expected="at least one row, and every input of it",
            cure="Give one value of each input for each row.",
        )
    for each in rows:
        if each.datatype in FLOATS and np.isinf(each.values.astype(np.float64)).any():
            raise DataError(
                f"Column '{each.name}' of '{source}' cannot be sent",
                expected=f"finite numbers within {each.datatype}",
                got=f"infinity in row {int(np.argwhere(np.isinf(each.values))[0][0]) + 1}",
                cure="Correct the value, or leave it empty where it is unknown.",
            )


def first_rows(rows: Rows, count: int, start: int = 0) -> Rows:
    """Cut the rows to `count` of them from `start`."""
    return tuple(NamedTensor(each.name, each.datatype, each.values[start : start + count]) for each in rows)


def batches(rows: Rows) -> Iterator[Rows]:
    """Cut the rows into requests that no server refuses for their length."""
    for start in range(0, len(rows[0].values), BATCH_ROWS):
        yield first_rows(rows, BATCH_ROWS, start)


def _json_rows(path: Path, signature: ModelSignature) -> Rows:
    content = read_json(path)
    if isinstance(content, dict) and "inputs" in content:
        return request_rows(content, str(path))
    return _table_rows(path, table_of_records(path, content, signature), signature)


def _table_rows(path: Path, table: pa.Table, signature: ModelSignature) -> Rows:
    twice = [name for name in signature.input_names if table.column_names.count(name) > 1]
    if twice:
        raise DataError(f"'{path}' has column '{twice[0]}' twice", cure="Rename or remove one of them.")
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and is refused as such
        tensors = tensors_from_table(table, signature)
    return tuple(NamedTensor(spec.name, spec.datatype, tensors[spec.name]) for spec in signature.inputs)


_READERS: dict[str, Callable[[Path, ModelSignature], Rows]] = {
    ".csv": lambda path, signature: _table_rows(path, read_csv(path, signature), signature),
    ".parquet": lambda path, signature: _table_rows(path, read_parquet(path, signature), signature),
    ".json": _json_rows,
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
}
