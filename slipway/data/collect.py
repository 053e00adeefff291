"""Stage 1: pinned source files become one dataset."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv
from pydantic import Field

from slipway.data.croissant import ColumnInfo, DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.provenance import SourceFile
from slipway.data.sources import fetch
from slipway.data.types import type_named
from slipway.data.writer import DatasetWriter, write_dataset
from slipway.errors import SourceError
from slipway.frozen import Frozen
from slipway.parsing import parse

# Text that names its zone, as in 2013-01-01T10:00:00Z; without one it is `timestamp[us]`.
_ZONED = pa.timestamp("us", tz="UTC")


class SourceTable(Frozen):
    """One CSV file, plain or alone in a zip archive, and the columns it must have."""

    url: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    null_values: tuple[str, ...] = ("", "NA")
    columns: dict[str, ColumnInfo]


class SourceDescription(Frozen):
    """Everything a source file of `pipelines/sources/` says."""

    name: str
    description: str = ""
    licence: str = ""
    url: str = ""
    tables: dict[str, SourceTable] = Field(min_length=1)


def parse_source(content: dict[str, Any]) -> SourceDescription:
    """Read a source description.

    Raises:
        SourceError: names the first thing that is wrong.
    """
    cure = "Correct the source file."
    return parse(SourceDescription, content, what="The source description", error=SourceError, cure=cure)


def collect(source: SourceDescription, target: Path) -> Dataset:
    """Fetch every file of a source and write the dataset.

    Raises:
        SourceError: a file is missing, changed, or has other columns than described.
    """
    about = DatasetDescription(**source.model_dump(include={"name", "description", "licence", "url"}))
    # By name, and columns in the file's own order: a description that travelled as a JSON object has no order.
    tables = sorted(source.tables.items())
    pins = [SourceFile(url=table.url, sha256=table.sha256, licence=source.licence) for _, table in tables]
    with (
        tempfile.TemporaryDirectory(prefix="slipway-collect-") as scratch,
        write_dataset(target, about, step="collect", sources=pins) as writer,
    ):
        for (name, table), pin in zip(tables, pins, strict=True):
            file = Path(scratch) / name
            fetch(pin, file)
            _read_csv(name, table, file, writer)
    return Dataset.open(target)


def _read_csv(name: str, table: SourceTable, file: Path, writer: DatasetWriter) -> None:
    with _csv_stream(table.url, file) as stream:
        try:
            reader = pa.csv.open_csv(stream, convert_options=_convert_options(table))
            _require_header(table, reader.schema.names)
            rows = 0
            for batch in reader:
                writer.write(name, batch, table.columns)
                rows += batch.num_rows
        except pa.ArrowException as error:
            raise SourceError(
                f"Table '{name}' of '{table.url}' cannot be read: {error}",
                cure="Correct the column types in the source file, or add the value to `null_values`.",
            ) from error
    if rows == 0:
        raise SourceError(f"Table '{name}' of '{table.url}' has no rows", cure="Check the source.")


def _convert_options(table: SourceTable) -> pa.csv.ConvertOptions:
    return pa.csv.ConvertOptions(
        column_types={name: _read_type(info.type) for name, info in table.columns.items()},
        null_values=list(table.null_values),
        strings_can_be_null=True,
    )


def _read_type(name: str) -> pa.DataType:
    return _ZONED if name == str(_ZONED) else type_named(name)


def _require_header(table: SourceTable, header: list[str]) -> None:
    if set(header) != set(table.columns):
        raise SourceError(
            f"'{table.url}' has other columns than described",
            expected=", ".join(table.columns),
            got=", ".join(header),
            cure="Describe the file's columns in the source file.",
        )


@contextmanager
def _csv_stream(url: str, file: Path) -> Iterator[IO[bytes]]:
    if not url.endswith(".zip"):
        with file.open("rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if len(names) != 1:
            raise SourceError(
                f"'{url}' must hold one file", expected="1", got=str(len(names)), cure="Name a zip of one CSV."
            )
        with archive.open(names[0]) as stream:
            yield stream
