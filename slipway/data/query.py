"""Stages 2 and 3: join, clean and compute features in SQL.

DuckDB streams, spills to disk and needs no server; the query sees the dataset's tables by name
and nothing else of the machine. The result is sorted by a unique key, so the same tables give the
same rows in the same order, and so the same digest, on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.data.croissant import ColumnInfo, DatasetDescription
from slipway.data.dataset import BATCH_ROWS, Dataset
from slipway.data.writer import write_dataset
from slipway.errors import DatasetError

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "2GB"


def open_tables(dataset: Dataset) -> duckdb.DuckDBPyConnection:
    """Open a connection that sees the dataset's tables and neither files nor network."""
    import duckdb
    import pyarrow.dataset as arrow

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit='{MEMORY_LIMIT}'")
    for name in dataset.tables:
        connection.register(name, arrow.dataset(dataset.file(name), format="parquet"))
    connection.execute("SET enable_external_access=false")
    return connection


def transform(
    dataset: Dataset,
    query: str,
    target: Path,
    *,
    name: str,
    key: Sequence[str],
    about: Mapping[str, ColumnInfo] | None = None,
) -> Dataset:
    """Write the result of `query` as a dataset of one table called `name`.

    Args:
        dataset: whose tables the query names.
        query: one SELECT.
        target: folder to write.
        name: name of the result.
        key: columns that name a row; the result is sorted by them.
        about: meaning and unit of the result's columns.

    Raises:
        DatasetError: the query fails, gives no rows, or `key` is not unique.
    """
    import duckdb

    description = DatasetDescription(name=name, licence=dataset.metadata.description.licence)
    with open_tables(dataset) as connection:
        try:
            result = connection.sql(query)
            _require_rows(result, name)
            _require_unique(result, key)
            ordered = result.order(", ".join(f'"{column}"' for column in key))
            with write_dataset(target, description, step="transform", parents=[dataset]) as writer:
                for batch in ordered.to_arrow_reader(BATCH_ROWS):
                    writer.write(name, batch, about)
        except duckdb.Error as error:
            raise DatasetError(
                f"The query for '{name}' fails: {error}",
                expected=f"SQL over the tables {', '.join(dataset.tables)}",
                cure="Correct the query.",
            ) from error
    return Dataset.open(target)


def violations(connection: duckdb.DuckDBPyConnection, query: str, most: int) -> tuple[int, list[dict[str, Any]]]:
    """Count the rows a query finds and return the first `most` of them."""
    found = connection.sql(query)
    count = int(found.aggregate("count(*)").fetchall()[0][0])
    return count, found.limit(most).to_arrow_table().to_pylist()


def _require_unique(result: duckdb.DuckDBPyRelation, key: Sequence[str]) -> None:
    columns = ", ".join(f'"{column}"' for column in key)
    repeated = result.aggregate(f"{columns}, count(*) AS repeats", columns).filter("repeats > 1")
    first = repeated.limit(1).fetchall()
    if first:
        raise DatasetError(
            f"The key ({', '.join(key)}) does not name one row",
            expected="each key once",
            got=f"{first[0][-1]} rows with {first[0][:-1]}",
            cure="Add a column to the key, or look for a join that multiplies rows.",
        )


def _require_rows(result: duckdb.DuckDBPyRelation, name: str) -> None:
    if not result.limit(1).fetchall():
        raise DatasetError(f"The query for '{name}' gives no rows", cure="Loosen its conditions.")
