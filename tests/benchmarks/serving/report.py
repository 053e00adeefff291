"""The report of a run: tables in Markdown, the plot beside them, the numbers as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.benchmarks.serving.goals import GOALS, Goal
from tests.benchmarks.serving.plot import draw
from tests.benchmarks.serving.protocols import PROTOCOLS
from tests.benchmarks.serving.results import OURS, RAW, Results, Spread

_NONE = "-"
_PAGE = """# How fast the server is

<!-- Written by `make bench-serving`; what is changed here by hand is lost. -->

How close the server comes to ONNX Runtime alone, with metrics, checks and limits on (and the drift of each
feature where the model has an input for each: `columns`), and how it compares with KServe's Python server and
MLServer on the same model, machine and run.

{date}, {processor}, {cores} cores.

![Answers a second over those of ONNX Runtime alone, by model, protocol and server](serving.svg)

## Goals

"Of raw" is answers a second over calls of `session.run` a second with one row, by one thread; by two at once
where the model is large. Each is measured just before the load. Numbers are medians of {rounds} rounds, with
the least and the most.

More than raw are only models whose run of many rows costs much less than as many runs, and by how much is the
processor's matter too: what a request costs beside its run bounds the answers a second, whatever the model.

{goals}
{faults}
## Answers a second

{rates}

## Memory and start

Memory is the proportional set size of all processes of a server, idle and at most under load. Ready is the
time from the start of the process to the first 200 of `/v2/health/ready`.

{starts}

## What was measured

{models}

- Requests: one row each; the rows of the table in turn over HTTP, one and the same over gRPC, as `h2load` has
  one body. Raw is measured with the same rows: those of trees are many, as a processor's branch predictor learns
  the ways of a few. FP32 values in JSON have as few digits as name them.
- Load: `wrk` with one thread for JSON and binary tensors, `h2load` with one thread for gRPC, one request at a
  time on each connection; {seconds:g} s each after a second of warm-up. A connection sends its next request
  when it has its answer, so latency is mostly that of waiting for the others.
- Other processes kept at most {others:.2f} cores busy during a load; what was disturbed was measured again.
- Every answer's values are compared with the model's own before and after the load; a load with any error
  is not counted.
- ONNX Runtime alone and in Slipway: one thread for each run, no spinning.
{peers}
- {versions}.

## Repeat it

`make bench-serving` builds the models, installs the peers in environments of their own under `.slipway/`, and
writes this page anew; it needs `wrk` and `h2load` (Debian: `wrk`, `nghttp2-client`) and takes about
{minutes} minutes. `python -m tests.benchmarks.serving --only tab --peers none --rounds 1` is a quick look.
The numbers behind this page are in [serving.json](serving.json).
"""


def write_report(results: Results, folder: Path) -> None:
    """Write `serving.md`, `serving.json` and `serving.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    results.write(folder / "serving.json")
    draw(results, folder / "serving.svg")
    (folder / "serving.md").write_text(page(results), encoding="utf-8")


def page(results: Results) -> str:
    """Return the page in Markdown."""
    facts = results.facts
    return _PAGE.format(
        date=facts["date"],
        processor=facts["processor"],
        cores=facts["cores"],
        rounds=facts["rounds"],
        seconds=facts["seconds"],
        others=max((one.others for one in results.samples), default=0),
        minutes=facts.get("minutes", "some"),
        goals=goal_table(results),
        faults=fault_list(results),
        rates=rate_table(results),
        starts=start_table(results),
        models=model_table(results),
        peers="\n".join(f"- {name} {one['version']}, {one['about']}." for name, one in facts["peers"].items()),
        versions=", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
    )


def goal_table(results: Results) -> str:
    """Each goal, what was got, and whether that reaches it."""
    rows = [_goal_row(goal, got) for goal in GOALS if (got := goal.measure(results)) is not None]
    return table(("goal", "wanted", "got", ""), rows)


def rate_table(results: Results) -> str:
    """Each model, server and protocol: answers a second, the ratio to raw, latency."""
    rows = [row for model in results.models for row in _rate_rows(results, model)]
    return table(("model", "server", "protocol", "answers/s", "of raw", "p50 ms", "p99 ms"), rows)


def start_table(results: Results) -> str:
    """Each server's memory and time to ready, over all models."""
    rows = []
    for model, server in dict.fromkeys((one.model, one.server) for one in results.starts):
        starts = results.starts_of(model, server)
        idle = Spread.of(one.idle_bytes / 1e6 for one in starts)
        loaded = Spread.of(one.loaded_bytes / 1e6 for one in starts)
        ready = Spread.of(one.ready_seconds for one in starts)
        rows.append((model, server, shown(idle, 0), shown(loaded, 0), shown(ready, 2)))
    return table(("model", "server", "idle MB", "under load MB", "ready s"), rows)


def model_table(results: Results) -> str:
    """Each model and how it was asked."""
    models = results.facts["models"].items()
    rows = [
        (name, one["about"], *(str(one[fact]) for fact in ("rows", "connections", "threads")))
        for name, one in models
    ]
    return table(("model", "what it is", "rows", "connections", "threads"), rows)


def fault_list(results: Results) -> str:
    """What could not be measured, and why."""
    lines = dict.fromkeys(
        f"- {' '.join(filter(None, (one.model, one.server, one.protocol)))}: {one.reason.splitlines()[0]}"
        for one in results.faults
    )
    return "\nNot measured:\n\n" + "\n".join(lines) + "\n" if lines else ""


def shown(spread: Spread | None, digits: int) -> str:
    """Write a median with its range, or a dash."""
    if spread is None:
        return _NONE
    least, most = (f"{value:,.{digits}f}" for value in (spread.least, spread.most))
    middle = f"{spread.middle:,.{digits}f}"
    return middle if least == most else f"{middle} ({least} to {most})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown, its columns in line."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines]  # fmt: skip
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def _goal_row(goal: Goal, got: Spread) -> tuple[str, str, str, str]:
    bound = f"{'≥' if goal.at_least else '≤'} {goal.bound:g}"
    return goal.what, bound, shown(got, goal.digits), "✓" if goal.reached(got.middle) else "✗"


def _rate_rows(results: Results, model: str) -> Iterator[tuple[str, ...]]:
    for server in (RAW, OURS, *results.facts["peers"]):
        for protocol in PROTOCOLS:
            samples = results.of(model, server, protocol)
            if not samples:
                continue
            rate, ratio = results.rate(model, server, protocol), results.ratio(model, server, protocol)
            digits = 3 if server in results.facts["peers"] else 2
            p50, p99 = Spread.of(one.p50_ms for one in samples), Spread.of(one.p99_ms for one in samples)
            latency = (_middle(p50), _middle(p99))
            yield (model, server, protocol, shown(rate, 0), shown(ratio, digits), *latency)


def _middle(spread: Spread | None) -> str:
    return _NONE if spread is None else f"{spread.middle:.2f}"
