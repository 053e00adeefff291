"""Which rows are looked at: a fair sample of bounded cost."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from time import monotonic

ROWS_PER_SECOND = 50.0
_PICKS_A_MEASURE = 32
_PICKS_A_BATCH = 32


class RowSampler:
    """Picks about `rows_per_second` rows, each as likely as any other while the traffic is even.

    The rows of all batches make one line. The gap from one pick to the next is random, even over 1
    to 2 x stride - 1: neither the first requests of a second nor the first rows of a batch are
    favoured, nor does a client's own rhythm matter. The stride follows the traffic: it is measured
    anew after 32 picks and when `pace` is called. A batch of more than 32 strides gives fewer rows
    than its share, so that one batch costs little.
    """

    __slots__ = ("_clock", "_picks", "_random", "_rate", "_seen", "_since", "_stride", "_until")

    def __init__(
        self,
        rows_per_second: float = ROWS_PER_SECOND,
        *,
        clock: Callable[[], float] = monotonic,
        seed: int | None = None,
    ) -> None:
        self._rate = rows_per_second
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 (no secret)
        self._since = clock()
        self._seen = 0  # rows since the last measure
        self._picks = 0  # of them picked
        self._stride = 1
        self._until = 1  # rows up to the next pick, itself included

    def pick(self, rows: int) -> Sequence[int]:
        """Return the numbers of the rows to look at in a batch of `rows`: mostly none."""
        self._seen += rows
        self._until -= rows
        return () if self._until > 0 else self._picked(rows)

    def pace(self) -> None:
        """Measure the traffic, which may have fallen to where 32 picks would take hours."""
        elapsed = max(self._clock() - self._since, 1e-6)
        self._stride = max(1, round(self._seen / (elapsed * self._rate)))
        self._since += elapsed
        self._seen = self._picks = 0
        self._until = min(self._until, 2 * self._stride - 1)

    def _picked(self, rows: int) -> list[int]:
        widest = 2 * max(self._stride, rows // _PICKS_A_BATCH) - 1
        picked = []
        row = self._until + rows - 1
        while row < rows:
            picked.append(row)
            row += self._random.randint(1, widest)
        self._until = row - rows + 1
        self._picks += len(picked)
        if self._picks >= _PICKS_A_MEASURE:
            self.pace()
        return picked
