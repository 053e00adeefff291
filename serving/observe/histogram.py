"""Counting values into buckets, cheaply enough for every request."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from prometheus_client.utils import floatToGoString

# Seconds. What a client waits; and what one queue or one run takes, which may be a tenth of that.
REQUEST_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PART_SECONDS = (0.000025, 0.00005, 0.0001, *REQUEST_SECONDS)
BATCH_SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0)


class Histogram:
    """How many values are at most each bound and above the one before it; the last count has no bound."""

    __slots__ = ("_bounds", "_labels", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._labels = [*map(floatToGoString, bounds), "+Inf"]
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def observe_all(self, values: Sequence[float]) -> None:
        """Count many values."""
        counts, bounds = self.counts, self._bounds
        for value in values:
            counts[bisect_left(bounds, value)] += 1
        self.total += sum(values)

    def buckets(self) -> list[tuple[str, float]]:
        """Label `le` and cumulative count of every bucket, as the exposition formats want them."""
        return list(zip(self._labels, map(float, accumulate(self.counts)), strict=True))
