"""Train, validation and test: by time, or by a stable hash of a key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from slipway.data.croissant import DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.writer import write_dataset
from slipway.errors import SplitError
from slipway.frozen import Frozen
from slipway.parsing import parse

PARTS = ("train", "validation", "test")
_GOLDEN = 0.6180339887498949  # multiples of the golden ratio spread evenly over [0, 1)

Parts = NDArray[np.int8]


class TimeSplit(Frozen):
    """Rows before `validation_from` train, rows from `test_from` on test, the rest validate."""

    kind: Literal["time"]
    column: str
    validation_from: datetime
    test_from: datetime


class HashSplit(Frozen):
    """Rows with the same key land in the same part, in about these shares."""

    kind: Literal["hash"]
    column: str
    validation_share: float = Field(gt=0, lt=1)
    test_share: float = Field(gt=0, lt=1)


SplitRule = Annotated[TimeSplit | HashSplit, Field(discriminator="kind")]


def parse_split(content: dict[str, Any]) -> TimeSplit | HashSplit:
    """Read a split rule.

    Raises:
        SplitError: names the first thing that is wrong.
    """
    rules: TypeAdapter[TimeSplit | HashSplit] = TypeAdapter(SplitRule)
    return parse(rules, content, what="The split rule", error=SplitError, cure="Correct the pipeline's split.")


def split(dataset: Dataset, rule: TimeSplit | HashSplit, targets: dict[str, Path], *, share: float = 1.0) -> None:
    """Write the three parts of a dataset of one table.

    Args:
        dataset: what to split.
        rule: how.
        targets: a folder for each of `PARTS`.
        share: of the rows to keep, spread evenly over the table; below 1 for a quick trial.

    Raises:
        SplitError: a part is empty, or a row's key is missing.
    """
    table = next(iter(dataset.tables))
    assign = _assigner(rule)
    rows = dict.fromkeys(PARTS, 0)
    with ExitStack() as stack:
        writers = {
            part: stack.enter_context(
                write_dataset(targets[part], _describe(dataset, part), step="split", parents=[dataset])
            )
            for part in PARTS
        }
        start = 0
        for batch in dataset.batches():
            parts = assign(batch.column(rule.column)) if batch.num_rows else np.empty(0, dtype=np.int8)
            kept = _kept(start, batch.num_rows, share)
            for number, part in enumerate(PARTS):
                chosen = batch.filter(pa.array((parts == number) & kept))
                writers[part].write(table, chosen, dataset.tables[table].columns)
                rows[part] += chosen.num_rows
            start += batch.num_rows
        _require_rows(rule, rows)


def _describe(dataset: Dataset, part: str) -> DatasetDescription:
    return dataset.metadata.description.model_copy(update={"name": f"{dataset.name}-{part}"})


def _assigner(rule: TimeSplit | HashSplit) -> Callable[[pa.Array], Parts]:
    if isinstance(rule, TimeSplit):
        return lambda column: _by_time(column, rule)
    return lambda column: _by_hash(column, rule)


def _by_time(column: pa.Array, rule: TimeSplit) -> Parts:
    _require_values(column, rule.column)
    times = column.cast(pa.timestamp("us"))
    validation = pc.greater_equal(times, pa.scalar(rule.validation_from.replace(tzinfo=None), pa.timestamp("us")))
    test = pc.greater_equal(times, pa.scalar(rule.test_from.replace(tzinfo=None), pa.timestamp("us")))
    both = pc.add(validation.cast(pa.int8()), test.cast(pa.int8()))
    return np.asarray(both.to_numpy(zero_copy_only=False), dtype=np.int8)


def _by_hash(column: pa.Array, rule: HashSplit) -> Parts:
    _require_values(column, rule.column)
    encoded = column.dictionary_encode()
    keys = encoded.dictionary.cast(pa.string()).to_pylist()
    places = np.array([_place(key) for key in keys])
    part = np.where(places < rule.test_share, 2, np.where(places < rule.test_share + rule.validation_share, 1, 0))
    return np.asarray(part[encoded.indices.to_numpy(zero_copy_only=False)], dtype=np.int8)


def _place(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def _kept(start: int, rows: int, share: float) -> NDArray[np.bool_]:
    positions: NDArray[np.float64] = np.arange(start, start + rows, dtype=np.float64)
    return np.asarray((positions * _GOLDEN) % 1.0 < share, dtype=np.bool_)


def _require_values(column: pa.Array, name: str) -> None:
    if column.null_count:
        raise SplitError(
            f"Column '{name}' has {column.null_count} missing values",
            expected="a value in each row, since it decides where the row goes",
            cure="Drop or fill those rows in the query.",
        )


def _require_rows(rule: TimeSplit | HashSplit, rows: dict[str, int]) -> None:
    empty = [part for part, count in rows.items() if count == 0]
    if empty:
        raise SplitError(
            f"The split by '{rule.column}' leaves {' and '.join(empty)} empty",
            expected="rows in each part",
            got=", ".join(f"{part} {count:,}" for part, count in rows.items()),
            cure="Move the boundaries, or keep more rows.",
        )
