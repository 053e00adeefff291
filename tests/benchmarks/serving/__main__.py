"""`python -m tests.benchmarks.serving`: how close the server comes to ONNX Runtime alone, and its peers.

`--only tab --seconds 3 --rounds 1 --peers none` is a quick look; `--out FOLDER` writes the report.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from math import ceil
from pathlib import Path

from tests.benchmarks.serving.facts import facts
from tests.benchmarks.serving.load import LoadError, require_tools
from tests.benchmarks.serving.models import MODELS
from tests.benchmarks.serving.peers import PEERS
from tests.benchmarks.serving.protocols import PROTOCOLS
from tests.benchmarks.serving.report import goal_table, rate_table, write_report
from tests.benchmarks.serving.results import Results
from tests.benchmarks.serving.rounds import Settings, measure
from tests.support.environments import PackagesError

_ROOT = Path(__file__).resolve().parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print, or draw an earlier run's report again; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        results = Results.read(options.render) if options.render else _measured(options)
    except (LoadError, PackagesError) as error:
        print(f"bench-serving: {error}", file=sys.stderr)
        return 1
    print(rate_table(results), goal_table(results), sep="\n\n")
    if options.out:
        write_report(results, options.out)
    return int(bool(results.faults))


def _measured(options: argparse.Namespace) -> Results:
    require_tools()
    settings = Settings(
        work=options.work.resolve(),
        checkout=options.checkout.resolve(),
        rounds=options.rounds,
        seconds=options.seconds,
        tries=options.tries,
        protocols=tuple(options.protocols),
    )
    peers = [PEERS[name] for name in options.peers if name != "none"]
    models = [MODELS[name] for name in options.only]
    results = Results(facts(models, peers, rounds=options.rounds, seconds=options.seconds))
    started = time.monotonic()
    try:
        measure(models, peers, settings, results)
    except KeyboardInterrupt:
        print("bench-serving: stopped; what follows is what there was", file=sys.stderr)
    results.facts["minutes"] = ceil((time.monotonic() - started) / 60)
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.serving", description=__doc__)
    models, peers = list(MODELS), list(PEERS)
    parser.add_argument("--only", nargs="+", choices=models, default=models, help="models")
    parser.add_argument("--peers", nargs="+", choices=[*peers, "none"], default=peers, help="servers beside ours")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS), help="ways to ask")
    parser.add_argument("--seconds", type=float, default=5, help="length of each load, whole seconds")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of everything")
    parser.add_argument("--tries", type=int, default=4, help="most tries of what other processes disturb")
    parser.add_argument("--out", type=Path, help="folder for the report: serving.md, .json and .svg")
    parser.add_argument("--render", type=Path, help="measure nothing: read the results of an earlier run")
    parser.add_argument("--checkout", type=Path, default=_ROOT, help="folder whose `serving` is measured")
    parser.add_argument(
        "--work",
        type=Path,
        default=_ROOT / ".slipway/bench/serving",
        help="kept: bundles, peers' environments, logs",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
