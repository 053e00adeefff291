"""What a run costs, measured when the model is loaded: the scheduler decides by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

MANY_ROWS = 8
LEAST_FIXED_SHARE = (
    0.02  # of its rows' time: where a joined run has less, its first row waits for the last in vain
)
_LEAST_ROW_SHARE = 0.01  # of a single row's run: so small a difference is noise, but no row is free
_PATIENCE_SECONDS = 0.05  # a slower run is measured once: start-up waits for it


@dataclass(frozen=True, slots=True)
class RunCost:
    """Seconds of a run of n rows: `fixed_seconds + n * row_seconds`."""

    fixed_seconds: float
    row_seconds: float

    def seconds(self, rows: int) -> float:
        """Return the expected seconds of a run."""
        return self.fixed_seconds + rows * self.row_seconds

    def rows_within(self, seconds: float) -> int:
        """Return how many rows a run of at most `seconds` may have; at least one."""
        return max(1, int((seconds - self.fixed_seconds) / self.row_seconds))

    def rows_worth_joining(self) -> int:
        """Return how many rows a run may have while joining saves time: at least one, at most those measured."""
        worth = self.fixed_seconds / (LEAST_FIXED_SHARE * self.row_seconds)
        return max(1, min(MANY_ROWS, int(worth)))


def measure_cost(run_one: Callable[[], object], run_many: Callable[[], object] | None) -> RunCost:
    """Time runs of one row and, where rows can be joined, of `MANY_ROWS`; the fastest counts.

    What others took longer is not the model's: one that is loaded while the server answers shares its cores.
    The first run, which allocates, is not counted unless it is the only one there is time for.
    """
    one = _seconds(run_one)
    if run_many is None or one > _PATIENCE_SECONDS:
        return RunCost(0.0, one)
    many = _seconds(run_many)
    row = max(_LEAST_ROW_SHARE * one, (many - one) / (MANY_ROWS - 1))
    return RunCost(max(0.0, one - row), row)


def _seconds(run: Callable[[], object]) -> float:
    first = _timed(run)
    if first > _PATIENCE_SECONDS:
        return first
    return min(_timed(run) for _ in range(5))


def _timed(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start
