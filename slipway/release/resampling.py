"""Resampling whole blocks of rows: the null distribution of a studentised mean.

Rows of one block (the flights of one day) go up and down together, so a block is what is drawn.
Two distributions are drawn, because each is wrong where the other is right:

- sign flips of block sums: exact for any number of blocks when block sums are symmetric about
  zero, which is the wild cluster bootstrap of a mean with the null imposed and Rademacher weights
  (A. C. Cameron, J. B. Gelbach, D. L. Miller, "Bootstrap-based improvements for inference with
  clustered errors", 2008);
- the cluster bootstrap-t: right to second order when they are skewed
  (P. Hall, "The Bootstrap and Edgeworth Expansion", 1992, section 3.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slipway.release.held_out import Codes, Floats

_ROUNDING = 1e-12


@dataclass(frozen=True)
class BlockSums:
    """Sums of a value and counts of rows, `[blocks, families]`; a family is a slice, or all rows."""

    sums: Floats
    rows: Floats


@dataclass(frozen=True)
class Studentised:
    """Mean, its standard error and their ratio, each `[families]`."""

    mean: Floats
    standard_error: Floats
    ratio: Floats


@dataclass(frozen=True)
class NullMaxima:
    """The largest ratio over the families in each resample under no effect, `[resamples]` each."""

    flipped: Floats
    drawn: Floats


def block_sums(values: Floats, blocks: Codes, families: Codes, family_count: int) -> BlockSums:
    """Sum `values` (`[rows]`) by block and family."""
    block_count = int(blocks.max()) + 1
    cells, size = blocks * family_count + families, block_count * family_count
    shape = (block_count, family_count)
    return BlockSums(
        sums=np.bincount(cells, weights=values, minlength=size).reshape(shape).astype(np.float64),
        rows=np.bincount(cells, minlength=size).reshape(shape).astype(np.float64),
    )


def studentised(blocks: BlockSums) -> Studentised:
    """Mean over rows, with the standard error of a ratio of block sums.

    Source: J. G. MacKinnon, M. O. Nielsen, M. D. Webb, "Cluster-robust inference: a guide to
    empirical practice" (2023), the CR1 variance of a mean.
    """
    total = blocks.rows.sum(axis=0)
    mean = blocks.sums.sum(axis=0) / total
    squares = (_residuals(blocks, mean) ** 2).sum(axis=0)
    error = np.sqrt(_small_sample_factor(blocks) * squares) / total
    return Studentised(mean=mean, standard_error=error, ratio=_ratio(mean, error))


def null_maxima(blocks: BlockSums, *, resamples: int, seed: int) -> NullMaxima:
    """Draw both null distributions; with one family the maximum is that family's own ratio."""
    generator = np.random.default_rng(seed)
    count = blocks.sums.shape[0]
    signs = generator.choice(np.array([-1.0, 1.0]), size=(resamples, count))
    draws = generator.multinomial(count, np.full(count, 1 / count), size=resamples).astype(np.float64)
    mean = blocks.sums.sum(axis=0) / blocks.rows.sum(axis=0)
    centred = BlockSums(sums=_residuals(blocks, mean), rows=blocks.rows)
    return NullMaxima(
        flipped=_ratios(blocks, signs, np.ones((1, count), dtype=np.float64)).max(axis=1),
        drawn=_ratios(centred, draws, draws).max(axis=1),
    )


def _residuals(blocks: BlockSums, mean: Floats) -> Floats:
    """Block sums less what the mean explains; exactly 0 where only rounding is left."""
    residuals = blocks.sums - blocks.rows * mean
    rounding = _ROUNDING * np.abs(blocks.sums).max(axis=0)
    return np.where(np.abs(residuals) <= rounding, 0.0, residuals)


def _ratios(blocks: BlockSums, first: Floats, second: Floats) -> Floats:
    """Studentised means of resamples `[resamples, families]`.

    `first` weighs block sums, `second` weighs rows and squares: signs and ones for flips, how
    often a block was drawn for both in the bootstrap.
    """
    total = second @ blocks.rows
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (first @ blocks.sums) / total
        squares = second @ blocks.sums**2
        squares = squares - 2 * mean * (first @ (blocks.sums * blocks.rows)) + mean**2 * (second @ blocks.rows**2)
        error = np.sqrt(_small_sample_factor(blocks) * np.maximum(squares, 0)) / total
    return _ratio(mean, error)


def _small_sample_factor(blocks: BlockSums) -> Floats:
    count = np.count_nonzero(blocks.rows, axis=0)
    return np.asarray(count / np.maximum(count - 1, 1), dtype=np.float64)


def _ratio(mean: Floats, error: Floats) -> Floats:
    """Return mean / error: infinite for a certain effect, 0 for none (or for a family not drawn)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(mean / error, nan=0.0, posinf=np.inf, neginf=-np.inf)
