"""Counts over the last rows, without the rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW_ROWS = 10_000
_PARTS = 20


class CountWindow:
    """How often each bin was hit by about the last `rows` rows: whole twentieths are forgotten at once.

    `sizes` has the number of bins of each feature. No value of a request is kept.
    """

    __slots__ = ("_counts", "_filled", "_part_rows", "_past", "_starts")

    def __init__(self, sizes: Sequence[int], rows: int = WINDOW_ROWS) -> None:
        self._part_rows = max(rows // _PARTS, 1)
        self._starts = [0, *np.cumsum(sizes).tolist()]
        self._past: deque[NDArray[np.int32]] = deque(maxlen=_PARTS - 1)
        self._counts = [0] * self._starts[-1]
        self._filled = 0

    @property
    def rows(self) -> int:
        """How many rows the counts are of."""
        return len(self._past) * self._part_rows + self._filled

    def add(self, bins: Iterable[int]) -> None:
        """Count one row, given as one bin for each feature."""
        counts = self._counts
        for start, number in zip(self._starts, bins, strict=False):  # the last start is an end
            counts[start + number] += 1
        self._filled += 1
        if self._filled == self._part_rows:
            self._past.append(np.array(counts, np.int32))
            self._counts = [0] * len(counts)
            self._filled = 0

    def shares(self) -> list[tuple[float, ...]]:
        """Return each feature's share of every bin; there must be rows."""
        totals = np.sum(np.array([*self._past, self._counts]), axis=0) / self.rows
        pairs = zip(self._starts, self._starts[1:], strict=False)
        return [tuple(totals[start:end].tolist()) for start, end in pairs]
