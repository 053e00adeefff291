"""Challenger against champion on each slice of the held-out rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from slipway.frozen import Frozen
from slipway.release.held_out import Codes, Floats, HeldOut, SliceColumn
from slipway.release.paired_test import family_p_values
from slipway.release.policy import GatePolicy
from slipway.release.resampling import BlockSums, block_sums


class SliceComparison(Frozen):
    """Mean losses of both models on the rows where `column` has `value`."""

    column: str
    value: str
    rows: int
    blocks: int
    champion_loss: float
    challenger_loss: float
    p_value: float | None = Field(
        description="of 'no worse than the margin', adjusted for all slices judged; absent when too small to judge"
    )
    worse: bool = Field(description="shown to be worse by more than the margin")

    @property
    def name(self) -> str:
        """`column = value`, for people."""
        return f"{self.column} = {self.value}"

    @property
    def change(self) -> float:
        """Change of the mean loss as a share of the champion's; positive is worse."""
        difference = self.challenger_loss - self.champion_loss
        if self.champion_loss == 0:
            return 0.0 if difference == 0 else float(np.copysign(np.inf, difference))
        return difference / self.champion_loss


def compare_slices(
    challenger: Floats, champion: Floats, held_out: HeldOut, policy: GatePolicy
) -> tuple[SliceComparison, ...]:
    """Compare the losses (`[rows]` each) on every slice, one family of tests over all of them."""
    columns = held_out.slices
    if not columns:
        return ()
    excess = challenger - (1 + policy.slice_margin) * champion
    families = _stacked([_sums(excess, held_out.blocks, column) for column in columns])
    rows, blocks = families.rows.sum(axis=0), np.count_nonzero(families.rows, axis=0)
    p_values = _p_values(families, (rows >= policy.minimum_slice_rows) & (blocks >= policy.minimum_blocks), policy)
    champion_means, challenger_means = _means(champion, columns), _means(challenger, columns)
    return tuple(
        SliceComparison(
            column=column,
            value=value,
            rows=int(rows[place]),
            blocks=int(blocks[place]),
            champion_loss=float(champion_means[place]),
            challenger_loss=float(challenger_means[place]),
            p_value=None if np.isnan(p_values[place]) else float(p_values[place]),
            worse=bool(p_values[place] <= policy.slice_error_rate),  # NaN, not judged, is not worse
        )
        for place, (column, value) in enumerate(_names(columns))
    )


def _p_values(families: BlockSums, judged: NDArray[np.bool_], policy: GatePolicy) -> Floats:
    """P-values of the slices judged, NaN for the others."""
    p_values = np.full(judged.size, np.nan)
    if judged.any():
        chosen = BlockSums(sums=families.sums[:, judged], rows=families.rows[:, judged])
        p_values[judged] = family_p_values(chosen, resamples=policy.resamples, seed=policy.seed)
    return p_values


def _names(columns: tuple[SliceColumn, ...]) -> Iterator[tuple[str, str]]:
    for column in columns:
        for value in column.values:
            yield column.name, value


def _sums(values: Floats, blocks: Codes, column: SliceColumn) -> BlockSums:
    return block_sums(values, blocks, column.codes, len(column.values))


def _stacked(parts: list[BlockSums]) -> BlockSums:
    return BlockSums(sums=np.hstack([part.sums for part in parts]), rows=np.hstack([part.rows for part in parts]))


def _means(losses: Floats, columns: tuple[SliceColumn, ...]) -> Floats:
    return np.concatenate(
        [np.bincount(column.codes, weights=losses) / np.bincount(column.codes) for column in columns]
    )
