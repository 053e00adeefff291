"""The Dataset artifact: a folder of Parquet tables with Croissant metadata and a content digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data.croissant import DatasetMetadata, TableInfo, read_croissant
from slipway.data.digest import TableDigest, dataset_digest
from slipway.data.provenance import DatasetNode
from slipway.errors import DatasetError

BATCH_ROWS = 65_536


class Dataset:
    """A dataset on disk; rows are read when asked for."""

    def __init__(self, path: Path, metadata: DatasetMetadata) -> None:
        self.path = path
        self.metadata = metadata

    @classmethod
    def open(cls, path: Path, *, verify: bool = False) -> Dataset:
        """Open a dataset folder; with `verify`, read every value and compare the digest.

        Raises:
            DatasetError: the folder is no dataset, a table is missing, or the values have changed.
        """
        dataset = cls(path, read_croissant(path))
        missing = [name for name in dataset.tables if not dataset.file(name).is_file()]
        if missing:
            raise DatasetError(
                f"Dataset '{path}' lacks {', '.join(f'{name}.parquet' for name in missing)}",
                cure="Run the step that writes it again.",
            )
        if verify:
            dataset.verify()
        return dataset

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.metadata.description.name

    @property
    def digest(self) -> str:
        """`sha256:…` of the content."""
        return self.metadata.digest

    @property
    def ancestry(self) -> tuple[DatasetNode, ...]:
        """Every dataset this one came from, itself last."""
        return self.metadata.ancestry

    @property
    def tables(self) -> dict[str, TableInfo]:
        """The tables by name."""
        return self.metadata.tables

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.rows for table in self.tables.values())

    def file(self, table: str) -> Path:
        """Path of a table's Parquet file."""
        return self.path / f"{table}.parquet"

    def read(self, table: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a whole table, or some of its columns; the sole table needs no name."""
        name = self._table(table)
        self._require_columns(name, columns)
        return self._parquet(name).read(columns=None if columns is None else list(columns))

    def batches(
        self, table: str | None = None, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Stream a table in batches of at most `batch_rows` rows."""
        name = self._table(table)
        self._require_columns(name, columns)
        wanted = None if columns is None else list(columns)
        with self._parquet(name) as file:
            yield from file.iter_batches(batch_size=batch_rows, columns=wanted)

    def schema(self, table: str | None = None) -> pa.Schema:
        """Return the Arrow schema of a table."""
        return self._parquet(self._table(table)).schema_arrow.remove_metadata()

    def verify(self) -> None:
        """Read every value and compare with the recorded digest.

        Raises:
            DatasetError: they differ; names the columns.
        """
        found = {name: self._measure(name) for name in self.tables}
        actual = dataset_digest({name: (digest.rows, digest.column_digests()) for name, digest in found.items()})
        if actual != self.digest:
            raise DatasetError(
                f"Dataset '{self.path}' has changed since it was written ({self._changed(found)})",
                expected=self.digest,
                got=actual,
                cure="Run the step that writes it again; never edit an artifact in place.",
            )

    def _measure(self, name: str) -> TableDigest:
        digest = TableDigest(self.schema(name))
        for batch in self.batches(name):
            digest.update(batch)
        return digest

    def _changed(self, found: dict[str, TableDigest]) -> str:
        return ", ".join(
            f"{table}.{column}"
            for table, digest in found.items()
            for column, value in digest.column_digests().items()
            if self.tables[table].columns.get(column) is None or self.tables[table].columns[column].digest != value
        )

    def _parquet(self, table: str) -> pq.ParquetFile:
        try:
            # Without the read-ahead of a whole file, a stream holds one row group.
            return pq.ParquetFile(self.file(table), pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(
                f"{table}.parquet of dataset '{self.path}' cannot be read: {error}",
                cure="Run the step that writes it again.",
            ) from error

    def _table(self, table: str | None) -> str:
        name = table or next(iter(self.tables))
        if name not in self.tables or (table is None and len(self.tables) > 1):
            raise DatasetError(
                f"Dataset '{self.name}' has no table '{table}'",
                expected=", ".join(self.tables),
                cure="Name one of its tables.",
            )
        return name

    def _require_columns(self, table: str, columns: Sequence[str] | None) -> None:
        missing = [name for name in columns or () if name not in self.tables[table].columns]
        if missing:
            raise DatasetError(
                f"Table '{table}' of dataset '{self.name}' lacks column {', '.join(map(repr, missing))}",
                expected="one of " + ", ".join(self.tables[table].columns),
                cure="Correct the column's name, or select it in the query that writes the table.",
            )
