"""The content digest of a table: the same for the same values on every machine.

Parquet bytes depend on the writer's version and on batch sizes, so the digest is taken over the
values instead. Each column feeds three hashes in row order: one byte of presence for each row, the
little-endian values (nulls as zero, one NaN for all NaNs), and for strings the byte lengths. They
do not depend on how rows were cut into batches.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


class ColumnDigest:
    """Running digest of one column."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._presence = hashlib.sha256()
        self._values = hashlib.sha256()
        self._lengths = hashlib.sha256()

    def update(self, chunk: pa.Array) -> None:
        """Add the next rows."""
        self._presence.update(chunk.is_valid().cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
        if pa.types.is_string(self._kind):
            filled = pc.fill_null(chunk, "")
            self._lengths.update(_little(pc.binary_length(filled).to_numpy(zero_copy_only=False), "<i4"))
            self._values.update(_text_bytes(filled))
        else:
            self._values.update(_fixed_width_bytes(chunk, self._kind))

    def hexdigest(self) -> str:
        """Hex SHA-256 over the type and the three hashes."""
        whole = hashlib.sha256(str(self._kind).encode())
        for part in (self._presence, self._values, self._lengths):
            whole.update(part.digest())
        return whole.hexdigest()


class TableDigest:
    """Running digest of a table of a canonical schema."""

    def __init__(self, schema: pa.Schema) -> None:
        self._columns = {field.name: ColumnDigest(field.type) for field in schema}
        self.rows = 0

    def update(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Add the next rows."""
        for name, digest in self._columns.items():
            for chunk in _chunks(batch.column(name)):
                digest.update(chunk)
        self.rows += batch.num_rows

    def column_digests(self) -> dict[str, str]:
        """Hex digest of each column, in the table's order."""
        return {name: digest.hexdigest() for name, digest in self._columns.items()}


def dataset_digest(tables: Mapping[str, tuple[int, Mapping[str, str]]]) -> str:
    """`sha256:…` over the row count and the ordered column digests of each table."""
    content = {name: [rows, list(columns.items())] for name, (rows, columns) in tables.items()}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _chunks(column: pa.Array | pa.ChunkedArray) -> Iterable[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def _little(values: NDArray[np.generic], dtype: str) -> bytes:
    return np.ascontiguousarray(values, dtype=np.dtype(dtype)).tobytes()


def _text_bytes(filled: pa.Array) -> bytes:
    offsets = np.frombuffer(filled.buffers()[1], dtype=np.int32, count=len(filled) + 1, offset=4 * filled.offset)
    data = filled.buffers()[2]
    return b"" if data is None else bytes(memoryview(data)[int(offsets[0]) : int(offsets[-1])])


def _fixed_width_bytes(chunk: pa.Array, kind: pa.DataType) -> bytes:
    if pa.types.is_boolean(kind):
        return _little(pc.fill_null(chunk, False).cast(pa.uint8()).to_numpy(zero_copy_only=False), "u1")
    if pa.types.is_floating(kind):
        values = pc.fill_null(chunk, 0.0).to_numpy(zero_copy_only=False)
        canonical = np.where(np.isnan(values), np.array(np.nan, dtype=values.dtype), values)
        return _little(canonical, f"<f{kind.bit_width // 8}")
    if pa.types.is_date32(kind):
        return _fixed_width_bytes(chunk.cast(pa.int32()), pa.int32())
    if pa.types.is_timestamp(kind):
        return _fixed_width_bytes(chunk.cast(pa.int64()), pa.int64())
    values = pc.fill_null(chunk, 0).to_numpy(zero_copy_only=False)
    return _little(values, values.dtype.newbyteorder("<").str)
