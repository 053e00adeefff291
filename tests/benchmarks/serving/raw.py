"""The limit: how often a second ONNX Runtime itself answers one row, in a process of its own.

`python -m tests.benchmarks.serving.raw MODEL REQUESTS SECONDS THREADS` prints one number. REQUESTS
is a file of JSON lines, one request of the protocol each; they are asked in turn.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from slipway.onnx.session import Tensor, session_options
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import values_from_json

_WARM_SECONDS = 0.3


def raw_rate(model: Path, requests: Path, *, seconds: float, threads: int) -> float:
    """Answers a second of `threads` threads on one session, each run with one intra-op thread."""
    arguments = [str(model), str(requests), str(seconds), str(threads)]
    command = [sys.executable, "-m", "tests.benchmarks.serving.raw", *arguments]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def feeds_of(requests: Path) -> list[dict[str, Tensor]]:
    """Read the inputs of each request."""
    return [
        {
            one["name"]: values_from_json(one["name"], Datatype(one["datatype"]), one["shape"], one["data"])
            for one in json.loads(line)["inputs"]
        }
        for line in requests.read_text(encoding="utf-8").splitlines()
    ]


def measure(model: Path, requests: Path, seconds: float, threads: int) -> float:
    """Run the session in this process, warm it up, and count."""
    from slipway.onnx.runtime import ort

    session = ort.InferenceSession(str(model), session_options(1), providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    feeds = feeds_of(requests)
    _count(session, outputs, feeds, _WARM_SECONDS)
    rates: list[float] = []
    workers = [
        threading.Thread(target=lambda: rates.append(_count(session, outputs, feeds, seconds)))
        for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)


def _count(session: object, outputs: list[str], feeds: list[dict[str, Tensor]], seconds: float) -> float:
    run = session.run  # type: ignore[attr-defined]
    rounds, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for feed in feeds:
            run(outputs, feed)
        rounds += 1
    return rounds * len(feeds) / (time.perf_counter() - started)


if __name__ == "__main__":
    print(measure(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
