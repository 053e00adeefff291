"""Measured latency of one-row requests through ONNX Runtime, on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from pydantic import Field

from slipway.frozen import Frozen
from slipway.onnx.columns import tensors_from_table
from slipway.onnx.session import OnnxModel, Tensor
from slipway.release.held_out import Floats

ROUNDS = 3
WARM_UP_REQUESTS = 20
_NANOSECONDS_IN_MS = 1e6

Clock = Callable[[], int]


class Latency(Frozen):
    """Percentiles of the quietest round: other processes only ever add time."""

    requests: int = Field(description="in each round")
    rounds: int
    p50_ms: float
    p99_ms: float


def measure_latency(
    model: OnnxModel, rows: pa.Table, *, requests: int, clock: Clock = time.perf_counter_ns
) -> Latency:
    """Time `requests` one-row requests, evenly spread over `rows`, in three rounds after a warm-up.

    The smallest percentile of the rounds is taken, as Python's `timeit` documentation advises: the
    larger ones measure the machine's other work. Network and JSON are not in it.

    Args:
        model: loaded with one thread.
        rows: at least one row, with the model's inputs.
        requests: how many in each round.
        clock: nanoseconds from any origin.
    """
    inputs = _one_row_requests(model, rows, requests)
    for tensors in inputs[:WARM_UP_REQUESTS]:
        model.run(tensors)
    rounds = [_round_ms(model, inputs, clock) for _ in range(ROUNDS)]
    return Latency(requests=requests, rounds=ROUNDS, p50_ms=_quietest(rounds, 50), p99_ms=_quietest(rounds, 99))


def _one_row_requests(model: OnnxModel, rows: pa.Table, requests: int) -> list[dict[str, Tensor]]:
    places = np.linspace(0, rows.num_rows - 1, requests).astype(np.int64)
    tensors = tensors_from_table(rows.take(pa.array(places)), model.signature)
    return [{name: values[i : i + 1] for name, values in tensors.items()} for i in range(requests)]


def _round_ms(model: OnnxModel, inputs: Sequence[dict[str, Tensor]], clock: Clock) -> Floats:
    times = []
    for tensors in inputs:
        start = clock()
        model.run(tensors)
        times.append((clock() - start) / _NANOSECONDS_IN_MS)
    return np.asarray(times, dtype=np.float64)


def _quietest(rounds: Sequence[Floats], percent: float) -> float:
    return min(float(np.percentile(times, percent, method="higher")) for times in rounds)
