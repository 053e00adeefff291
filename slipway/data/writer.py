"""Writing a dataset: streamed, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data.croissant import ColumnInfo, DatasetDescription, DatasetMetadata, TableInfo, write_croissant
from slipway.data.dataset import Dataset
from slipway.data.digest import TableDigest, dataset_digest
from slipway.data.provenance import DatasetNode, SourceFile, merge_ancestries
from slipway.data.types import canonical_schema, canonical_table
from slipway.errors import DatasetError
from slipway.storage import sha256_file, whole_folder

ROW_GROUP_ROWS = 131_072
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TableWriter:
    """Writes one table and measures it on the way."""

    def __init__(self, file: Path, schema: pa.Schema, about: Mapping[str, ColumnInfo]) -> None:
        self.file = file
        self._schema = canonical_schema(schema)
        self._about = about
        self._digest = TableDigest(self._schema)
        self._parquet = pq.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: pa.Table) -> None:
        """Append rows."""
        canonical = canonical_table(rows, self._schema)
        self._digest.update(canonical)
        self._parquet.write_table(canonical, row_group_size=ROW_GROUP_ROWS)

    def close(self) -> None:
        """Finish the Parquet file."""
        self._parquet.close()

    def info(self) -> TableInfo:
        """Return what the metadata say of the finished table."""
        columns = {
            name: self._about.get(name, ColumnInfo(type="")).model_copy(
                update={"type": str(self._schema.field(name).type), "digest": digest}
            )
            for name, digest in self._digest.column_digests().items()
        }
        return TableInfo(rows=self._digest.rows, columns=columns, file_sha256=sha256_file(self.file))

    def measured(self) -> tuple[int, dict[str, str]]:
        """Rows and column digests so far."""
        return self._digest.rows, self._digest.column_digests()


class DatasetWriter:
    """Collects tables; `write_dataset` makes one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.tables: dict[str, TableWriter] = {}

    def write(
        self, table: str, rows: pa.RecordBatch | pa.Table, about: Mapping[str, ColumnInfo] | None = None
    ) -> None:
        """Append rows to a table; the first rows fix its columns."""
        block = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        if table not in self.tables:
            _require_plain(table)
            writer = TableWriter(self._folder / f"{table}.parquet", block.schema, about or {})
            self._stack.callback(writer.close)
            self.tables[table] = writer
        self.tables[table].write(block)

    def close(self) -> None:
        """Finish every table."""
        self._stack.close()


def _require_plain(table: str) -> None:
    # The name becomes a file name and a name in SQL.
    if not _PLAIN.fullmatch(table):
        raise DatasetError(
            f"'{table}' cannot name a table",
            expected="letters, digits and underscores, a letter first",
            cure="Choose such a name.",
        )


@contextmanager
def write_dataset(
    target: Path,
    description: DatasetDescription,
    *,
    step: str,
    parents: Sequence[Dataset] = (),
    sources: Sequence[SourceFile] = (),
) -> Iterator[DatasetWriter]:
    """Yield a writer; on success `target` is a complete dataset, on failure nothing is there.

    Args:
        target: folder to become the dataset.
        description: what a person is told.
        step: the pipeline step that writes it.
        parents: datasets it is made from; their ancestry is kept.
        sources: files from outside that it is made from.

    Raises:
        DatasetError: no table was written, or a column has no canonical type.
        StorageError: the disk is full or read-only.
    """
    with whole_folder(target) as folder:
        writer = DatasetWriter(folder)
        try:
            yield writer
        finally:
            writer.close()
        if not writer.tables:
            raise DatasetError(f"Dataset '{description.name}' has no table", cure="Write at least one table.")
        node = DatasetNode(
            name=description.name,
            digest=dataset_digest({name: table.measured() for name, table in writer.tables.items()}),
            rows=sum(table.measured()[0] for table in writer.tables.values()),
            step=step,
            parents=tuple(parent.digest for parent in parents),
            sources=tuple(sources),
        )
        tables = {name: table.info() for name, table in writer.tables.items()}
        ancestry = (*merge_ancestries(*(parent.ancestry for parent in parents)), node)
        write_croissant(folder, DatasetMetadata(description=description, tables=tables, ancestry=ancestry))
