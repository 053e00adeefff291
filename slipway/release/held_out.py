"""The held-out rows that both models are judged on: target, blocks and slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.errors import GateError
from slipway.task import TaskKind, TaskSpec

MISSING = "(missing)"
# Whole blocks may be pooled: pools of independent blocks are independent, and resampling stays fast.
MOST_BLOCKS = 1000

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class SliceColumn:
    """A slice column: its values in order, and the number of its value for each row."""

    name: str
    values: tuple[str, ...]
    codes: Codes


@dataclass(frozen=True)
class HeldOut:
    """Rows no step has learned from.

    `target` is `[rows]`, empty for clustering. `blocks` is `[rows]`: rows of different blocks are
    independent of one another; without a block column every row is a block of its own.
    """

    rows: pa.Table
    task: TaskSpec
    target: Floats
    blocks: Codes
    slices: tuple[SliceColumn, ...]

    @classmethod
    def of(cls, rows: pa.Table, task: TaskSpec, *, minimum_blocks: int) -> HeldOut:
        """Read what the gate needs from the rows.

        Raises:
            GateError: there are no rows, a column of the task is missing, the target is missing,
                malformed or of one class, or there are too few blocks.
        """
        _require_rows(rows, task)
        held_out = cls(
            rows=rows,
            task=task,
            target=_target(rows.column(task.target), task) if task.target else np.empty(0),
            blocks=_blocks(rows, task.block),
            slices=tuple(_slice(rows.column(name), name) for name in task.slices),
        )
        _require_blocks(held_out, minimum_blocks)
        return held_out

    @property
    def block_count(self) -> int:
        """How many independent blocks the rows form."""
        return int(self.blocks.max()) + 1

    @property
    def block_words(self) -> str:
        """The blocks for people: '61 blocks of `day`'."""
        if self.task.block is None:
            return f"{self.rows.num_rows:,} rows taken as independent"
        return f"{self.block_count:,} blocks of `{self.task.block}`"


def _require_rows(rows: pa.Table, task: TaskSpec) -> None:
    if rows.num_rows == 0:
        raise GateError(
            "There are no held-out rows to judge on", cure="Check the split: its test part must hold rows."
        )
    needed = [name for name in (task.target, task.block, *task.slices) if name is not None]
    missing = [name for name in dict.fromkeys(needed) if name not in rows.column_names]
    if missing:
        raise GateError(
            f"The held-out rows lack {', '.join(map(repr, missing))}",
            expected=", ".join(dict.fromkeys(needed)),
            got=", ".join(rows.column_names),
            cure="Keep the target, the slice columns and the block column in the test part.",
        )


def _target(column: pa.ChunkedArray, task: TaskSpec) -> Floats:
    try:
        values = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowException as error:
        raise GateError(
            f"Target '{task.target}' is not a number", got=str(column.type), cure="Cast it in the query."
        ) from error
    unknown = int(np.count_nonzero(~np.isfinite(values)))
    if unknown:
        raise GateError(
            f"Target '{task.target}' is missing in {unknown:,} of {values.size:,} held-out rows",
            expected="a finite value in each row",
            cure="Drop those rows before the split.",
        )
    if task.kind is TaskKind.CLASSIFICATION:
        _require_both_classes(values, task)
    return values


def _require_both_classes(values: Floats, task: TaskSpec) -> None:
    found = np.unique(values)
    if not np.array_equal(found, (0.0, 1.0)):
        raise GateError(
            f"Target '{task.target}' of the held-out rows cannot be judged",
            expected="rows of class 0 and of class 1",
            got="only " + ", ".join(f"{value:g}" for value in found[:5]),
            cure="Hold out rows that show both classes, and no other value.",
        )


def _blocks(rows: pa.Table, name: str | None) -> Codes:
    if name is None:
        return np.arange(rows.num_rows, dtype=np.int64) % MOST_BLOCKS
    return _codes(_encoded(rows.column(name))) % MOST_BLOCKS


def _slice(column: pa.ChunkedArray, name: str) -> SliceColumn:
    encoded = _encoded(column)
    texts = [MISSING if text is None else text for text in encoded.dictionary.cast(pa.string()).to_pylist()]
    order = np.argsort(np.array(texts), kind="stable")
    return SliceColumn(
        name=name, values=tuple(texts[place] for place in order), codes=np.argsort(order)[_codes(encoded)]
    )


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Distinct values, a missing one among them, and the number of its value for each row."""
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    return plain.combine_chunks().dictionary_encode(null_encoding="encode")


def _codes(encoded: pa.DictionaryArray) -> Codes:
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _require_blocks(held_out: HeldOut, minimum: int) -> None:
    if held_out.block_count < minimum:
        raise GateError(
            "The held-out rows are too few for a test with a stated error rate",
            expected=f"at least {minimum} independent blocks",
            got=held_out.block_words,
            cure="Hold out more, or lower `minimum_blocks` in the gate's policy.",
        )
