"""What `make bench-serving` measured last, if it did."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from docs.parts.part import part, table
from tests.benchmarks.serving.report import model_table, rate_table
from tests.benchmarks.serving.results import OURS, Results, Spread

_FILE = Path(__file__).resolve().parents[1] / "benchmarks/serving.json"
_NONE = "Nothing was measured yet: `make bench-serving` writes this part's numbers."


def _results() -> Results | None:
    return Results.read(_FILE) if _FILE.is_file() else None


@part("bench-facts")
def facts() -> str:
    """Say when, where and with which models was measured."""
    results = _results()
    if results is None:
        return _NONE
    told = results.facts
    where = f"{told['date']}, {told['processor']}, {told['cores']} cores; medians of {told['rounds']} rounds."
    more = "[The report](benchmarks/serving.md) has a plot, the goals, memory, and how it was measured."
    return f"{where} {more}\n\n{model_table(results)}"


@part("bench-rates")
def rates() -> str:
    """Show the rates of every server, model and protocol."""
    results = _results()
    return rate_table(results) if results else _NONE


@part("bench-sizes")
def sizes() -> str:
    """Show what each model costs this server: answers a second, latency, memory, time to ready."""
    results = _results()
    if results is None:
        return _NONE
    header = ("model", "connections", "JSON answers/s", "p50 ms", "p99 ms", "idle MB", "under load MB", "ready s")
    return table(header, [_size(results, model) for model in results.models])


def _size(results: Results, model: str) -> tuple[str, ...]:
    samples, starts = results.of(model, OURS, "json"), results.starts_of(model, OURS)
    return (
        model,
        str(results.facts["models"][model]["connections"]),
        _middle((one.per_second for one in samples), 0),
        _middle((one.p50_ms for one in samples), 2),
        _middle((one.p99_ms for one in samples), 2),
        _middle((one.idle_bytes / 1e6 for one in starts), 0),
        _middle((one.loaded_bytes / 1e6 for one in starts), 0),
        _middle((one.ready_seconds for one in starts), 2),
    )


def _middle(values: Iterable[float | None], digits: int) -> str:
    spread = Spread.of(values)
    return "-" if spread is None else f"{spread.middle:,.{digits}f}"
