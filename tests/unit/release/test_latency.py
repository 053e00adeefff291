from __future__ import annotations

from itertools import count

import numpy as np

from slipway.release.latency import ROUNDS, WARM_UP_REQUESTS, measure_latency

MS = 1_000_000


class ScriptedClock:
    """A clock whose every second reading is `durations` after the one before."""

    def __init__(self, durations_ms):
        self.durations_ms = iter(durations_ms)
        self.now = 0
        self.readings = count()

    def __call__(self):
        if next(self.readings) % 2:
            self.now += int(next(self.durations_ms) * MS)
        return self.now


def test_percentiles_are_those_of_the_measured_times(truth, rows):
    times = np.arange(1, 101)
    latency = measure_latency(truth.load_model(), rows, requests=100, clock=ScriptedClock(np.tile(times, ROUNDS)))
    assert (latency.p50_ms, latency.p99_ms) == (51.0, 100.0)
    assert (latency.requests, latency.rounds) == (100, ROUNDS)


def test_one_disturbed_round_does_not_count(truth, rows):
    rounds = [np.full(100, 2.0), np.full(100, 500.0), np.full(100, 3.0)]
    latency = measure_latency(truth.load_model(), rows, requests=100, clock=ScriptedClock(np.concatenate(rounds)))
    assert (latency.p50_ms, latency.p99_ms) == (2.0, 2.0)


def test_warm_up_is_not_timed(truth, rows):
    clock = ScriptedClock(np.ones(100 * ROUNDS))
    measure_latency(truth.load_model(), rows, requests=100, clock=clock)
    assert next(clock.readings) == 2 * 100 * ROUNDS


def test_every_request_has_one_row_and_they_span_the_table(truth, rows):
    model = truth.load_model()
    seen = []
    run = model.run
    model.run = lambda tensors: seen.append(tensors["x"]) or run(tensors)
    measure_latency(model, rows, requests=100)
    assert len(seen) == WARM_UP_REQUESTS + 100 * ROUNDS
    assert {tensor.shape for tensor in seen} == {(1, 1)}
    x = rows.column("x").to_numpy()
    assert (seen[-100][0, 0], seen[-1][0, 0]) == (x[0], x[-1])


def test_a_table_of_one_row_is_asked_again_and_again(truth, rows):
    latency = measure_latency(truth.load_model(), rows.slice(0, 1), requests=100)
    assert 0 < latency.p50_ms <= latency.p99_ms
