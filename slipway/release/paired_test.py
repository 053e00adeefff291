"""The paired one-sided test of a mean difference, of rows that depend on one another within blocks.

The p-value is the larger of a sign-flip test's and a cluster bootstrap-t's (`resampling.py`), so
the error rate is at most that of the better behaved of the two. Simulated at 50 blocks and a
stated rate of 5 %, equal or very unequal blocks: 4 to 5 % for normal and heavy-tailed block
effects, 2 % when skewed for, and 9 to 11 % when badly skewed against (skewness -6), where the
t-test errs in 12 to 17 % and the percentile bootstrap in 12 to 16 %. On differences of log loss
of real flights in blocks of days it erred in 3 to 6 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slipway.errors import GateError
from slipway.release.held_out import Codes, Floats
from slipway.release.resampling import BlockSums, NullMaxima, block_sums, null_maxima, studentised

# Sums of the same numbers in another order differ in their last bits.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class PairedTest:
    """What the test says of the mean of a difference.

    `lower_bound` is the one-sided confidence bound at 1 - error rate; it is above zero exactly
    when `p_value` is at most the error rate.
    """

    mean: float
    standard_error: float
    lower_bound: float
    p_value: float
    error_rate: float
    rows: int
    blocks: int

    @property
    def significant(self) -> bool:
        """True when the mean is shown to be above zero."""
        return self.p_value <= self.error_rate


def paired_test(differences: Floats, blocks: Codes, *, error_rate: float, resamples: int, seed: int) -> PairedTest:
    """Test the mean of `differences` (`[rows]`) against zero, upwards.

    Args:
        differences: one for each row, positive where the effect is wanted.
        blocks: number of the block of each row, from 0.
        error_rate: largest chance of a significant result when the mean is zero or less.
        resamples: of the blocks; the smallest p-value is 1 / (resamples + 1).
        seed: of the resamples.

    Raises:
        GateError: there are fewer than two blocks, so nothing tells signal from noise.
    """
    sums = block_sums(differences, blocks, np.zeros_like(blocks), 1)
    count = int(np.count_nonzero(sums.rows))
    if count < 2:
        raise GateError(
            "One block of rows cannot be tested",
            expected="at least 2 independent blocks",
            got=str(count),
            cure="Hold out rows of more blocks.",
        )
    observed, null = studentised(sums), null_maxima(sums, resamples=resamples, seed=seed)
    mean, error = float(observed.mean[0]), float(observed.standard_error[0])
    return PairedTest(
        mean=mean,
        standard_error=error,
        lower_bound=mean - error * _critical(null, error_rate) if error > 0 else mean,
        p_value=float(_p_values(observed.ratio, null)[0]),
        error_rate=error_rate,
        rows=differences.size,
        blocks=count,
    )


def family_p_values(families: BlockSums, *, resamples: int, seed: int) -> Floats:
    """P-values `[families]` of the same test on many families at once, adjusted for their number.

    Each ratio is compared with the largest of all families in each resample, so the chance of any
    false finding is held, and families that share rows cost less than a Bonferroni correction.
    Source: P. H. Westfall, S. S. Young, "Resampling-Based Multiple Testing" (1993), single-step maxT.
    """
    return _p_values(studentised(families).ratio, null_maxima(families, resamples=resamples, seed=seed))


def _p_values(ratios: Floats, null: NullMaxima) -> Floats:
    return np.maximum(_tail(ratios, null.flipped), _tail(ratios, null.drawn))


def _tail(ratios: Floats, maxima: Floats) -> Floats:
    """Share of resamples at least as extreme, the observed one among them, which keeps it valid."""
    reached = ratios * (1 - np.copysign(_ROUNDING, ratios))
    below = np.searchsorted(np.sort(maxima), reached, side="left")
    return np.asarray((1 + maxima.size - below) / (maxima.size + 1), dtype=np.float64)


def _critical(null: NullMaxima, error_rate: float) -> float:
    """Return the ratio that an effect must pass: the larger of the two tests'."""
    rank = max(math.floor(error_rate * (null.flipped.size + 1)), 1)
    return max(float(np.sort(maxima)[-rank]) for maxima in (null.flipped, null.drawn))
