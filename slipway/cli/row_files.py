"""Files of rows: CSV, Parquet and JSON, read into a table with the columns a model asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from slipway.errors import DataError
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec
from slipway.onnx.tensor_json import FLOATS

# Spellings of a missing number; in a column of categories they are categories like any other.
_MISSING = pa.array(["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"])

_Refusals = (pa.ArrowException, OverflowError, TypeError, ValueError)


def read_csv(path: Path, signature: ModelSignature) -> pa.Table:
    """Read a CSV file with a header line.

    Raises:
        DataError: it is no CSV, or a value cannot be read as the input's datatype.
    """
    texts = {spec.name: pa.string() for spec in signature.inputs}
    options = csv.ConvertOptions(column_types=texts)
    try:
        table = csv.read_csv(path, convert_options=options)
    except pa.ArrowException as error:
        raise _unreadable(path, "CSV with a header line", error) from error
    return _converted(path, table, signature)


def read_parquet(path: Path, signature: ModelSignature) -> pa.Table:
    """Read the model's columns of a Parquet file.

    Raises:
        DataError: it is no Parquet file.
    """
    try:
        names = parquet.read_schema(path).names
        return parquet.read_table(path, columns=[name for name in names if name in signature.input_names])
    except pa.ArrowException as error:
        raise _unreadable(path, "Parquet", error) from error


def read_json(path: Path) -> Any:
    """Read a JSON document, or a list of one for each line.

    Raises:
        DataError: it is neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, "JSON in UTF-8", error) from error
    try:
        return json.loads(text)
    except (RecursionError, ValueError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0]):
            raise _unreadable(path, "JSON", error) from error
    return [_line(path, number, line) for number, line in enumerate(lines, start=1)]


def table_of_records(path: Path, records: Any, signature: ModelSignature) -> pa.Table:
    """Make a table of JSON objects; a key that a record lacks is a missing value.

    Raises:
        DataError: they are no objects, or a value cannot be read as the input's datatype.
    """
    if not isinstance(records, list) or not records or not all(isinstance(each, dict) for each in records):
        raise DataError(
            f"'{path}' holds no rows",
            expected="a list of objects, an object a line, or a request with 'inputs'",
            got=f"a JSON {type(records).__name__}",
            cure='Write one object for each row: [{"distance": 100, "carrier": "AA"}].',
        )
    present = [spec for spec in signature.inputs if any(spec.name in record for record in records)]
    columns = {spec.name: _record_column(path, records, spec) for spec in present}
    return pa.table(columns or dict.fromkeys(records[0], [None] * len(records)))


def _record_column(path: Path, records: list[dict[str, Any]], spec: TensorSpec) -> pa.Array:
    values = [record.get(spec.name) for record in records]
    kind = _arrow_type(spec)
    return _or_refuse(path, spec, values, lambda some: pa.array(some, kind))


def _converted(path: Path, table: pa.Table, signature: ModelSignature) -> pa.Table:
    for spec in signature.inputs:
        places = table.schema.get_all_field_indices(spec.name)
        if spec.datatype is not Datatype.BYTES and len(places) == 1:
            texts = pc.utf8_trim_whitespace(table.column(places[0]).combine_chunks())
            numbers = pc.if_else(pc.is_in(texts, _MISSING), pa.scalar(None, pa.string()), texts)
            column = _parsed(path, spec, numbers)
            table = table.set_column(places[0], spec.name, column)
    return table


def _parsed(path: Path, spec: TensorSpec, texts: pa.Array) -> pa.Array:
    kind = _arrow_type(spec)
    try:
        return texts.cast(kind)
    except pa.ArrowException:
        return _or_refuse(path, spec, texts.to_pylist(), lambda some: pa.array(some, pa.string()).cast(kind))


def _or_refuse(
    path: Path, spec: TensorSpec, values: Sequence[Any], convert: Callable[[Sequence[Any]], pa.Array]
) -> pa.Array:
    """Convert all values, or name the first that does not convert."""
    try:
        return convert(values)
    except _Refusals as error:
        row = next(index for index, value in enumerate(values) if not _converts(convert, value))
        raise DataError(
            f"Column '{spec.name}' of '{path}' cannot be read",
            expected=str(spec.datatype),
            got=f"{values[row]!r} in row {row + 1}",
            cure="Correct the value, or leave it empty where it is unknown.",
        ) from error


def _converts(convert: Callable[[Sequence[Any]], pa.Array], value: Any) -> bool:
    try:
        convert([value])
    except _Refusals:
        return False
    return True


def _arrow_type(spec: TensorSpec) -> pa.DataType:
    if spec.datatype is Datatype.BYTES:
        return pa.string()
    return pa.float64() if spec.datatype in FLOATS else pa.from_numpy_dtype(spec.datatype.numpy)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (RecursionError, ValueError):
        return False
    return True


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (RecursionError, ValueError) as error:
        raise _unreadable(path, f"JSON in line {number}", error) from error


def _unreadable(path: Path, expected: str, error: Exception) -> DataError:
    return DataError(
        f"'{path}' cannot be read", expected=expected, got=str(error), cure="Correct the file or its extension."
    )
