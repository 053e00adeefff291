"""The column types a dataset may have, and their names in Croissant.

A short list on purpose: each type has one canonical byte form, so a digest means the same on
every machine, and each has a counterpart in ONNX or is dropped before training.
"""

from __future__ import annotations

import pyarrow as pa

from slipway.errors import DatasetError

_CROISSANT: dict[pa.DataType, str] = {
    pa.bool_(): "sc:Boolean",
    **dict.fromkeys((pa.int8(), pa.int16(), pa.int32(), pa.int64()), "sc:Integer"),
    **dict.fromkeys((pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()), "sc:Integer"),
    pa.float32(): "sc:Float",
    pa.float64(): "sc:Float",
    pa.string(): "sc:Text",
    pa.date32(): "sc:Date",
    pa.timestamp("us"): "sc:DateTime",
}
_BY_NAME = {str(kind): kind for kind in _CROISSANT} | {"float32": pa.float32(), "float64": pa.float64()}


def type_named(name: str) -> pa.DataType:
    """Return the type of a name such as 'int16', 'float32', 'string' or 'timestamp[us]'."""
    if name not in _BY_NAME:
        raise DatasetError(
            f"'{name}' is not a column type",
            expected=", ".join(sorted(_BY_NAME)),
            cure="Correct the type in the source or schema file.",
        )
    return _BY_NAME[name]


def croissant_type(kind: pa.DataType) -> str:
    """Return Croissant's name for a canonical type."""
    return _CROISSANT[kind]


def canonical_type(column: str, kind: pa.DataType) -> pa.DataType:
    """Return the type a column is stored as: strings plain, times in microseconds UTC without zone.

    Raises:
        DatasetError: the type has no canonical form (nested, decimal, binary).
    """
    if pa.types.is_dictionary(kind):
        return canonical_type(column, kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    if pa.types.is_float16(kind):
        return pa.float32()
    if kind in _CROISSANT:
        return kind
    raise DatasetError(
        f"Column '{column}' cannot be stored",
        expected=", ".join(str(known) for known in _CROISSANT),
        got=str(kind),
        cure="Cast it in the query, or flatten it into columns.",
    )


def canonical_schema(schema: pa.Schema) -> pa.Schema:
    """Return the stored schema of a table; every column may hold nulls."""
    return pa.schema([(column.name, canonical_type(column.name, column.type)) for column in schema])


def canonical_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Cast a table to a canonical schema.

    Raises:
        DatasetError: columns differ, or a value does not fit its type.
    """
    if table.column_names != schema.names:
        raise DatasetError(
            "The rows have other columns than the table they belong to",
            expected=", ".join(schema.names),
            got=", ".join(table.column_names),
            cure="Write every batch of a table with the same columns in the same order.",
        )
    try:
        return pa.table(
            [_cast(table.column(name), schema.field(name).type) for name in schema.names], schema=schema
        )
    except pa.ArrowException as error:
        raise DatasetError(
            f"A value does not fit its column: {error}", cure="Widen the type or clean it."
        ) from error


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    return column.cast(pa.timestamp("us", tz="UTC")).cast(kind) if zoned else column.cast(kind)
