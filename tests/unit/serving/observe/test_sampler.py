"""The sample is fair and its cost bounded, whatever the traffic."""

import numpy as np
import pytest

from serving.observe.sampler import RowSampler


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def run(sampler, clock, *, seconds, batches_per_second, rows):
    picked = []
    for _ in range(int(seconds * batches_per_second)):
        clock.now += 1 / batches_per_second
        picked += sampler.pick(rows)
    return picked


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sampler(clock):
    return RowSampler(50, clock=clock, seed=3)


def test_rare_rows_are_all_picked(sampler, clock):
    assert len(run(sampler, clock, seconds=100, batches_per_second=1, rows=2)) == 200


def test_many_rows_give_about_the_rate(sampler, clock):
    run(sampler, clock, seconds=2, batches_per_second=1000, rows=8)
    picked = run(sampler, clock, seconds=20, batches_per_second=1000, rows=8)
    assert 0.8 * 50 * 20 < len(picked) < 1.2 * 50 * 20


def test_every_row_of_a_batch_is_as_likely(sampler, clock):
    run(sampler, clock, seconds=2, batches_per_second=1000, rows=8)
    picked = run(sampler, clock, seconds=100, batches_per_second=1000, rows=8)
    counts = np.bincount(picked, minlength=8)
    assert counts.min() > 0.75 * len(picked) / 8
    assert counts.max() < 1.25 * len(picked) / 8


def test_the_rows_of_large_and_small_batches_are_as_likely(sampler, clock):
    large = small = 0
    for _ in range(60_000):
        clock.now += 0.001
        large += len(sampler.pick(90))
        small += len(sampler.pick(10))
    assert large / 9 == pytest.approx(small, rel=0.25)


def test_no_moment_of_a_second_is_favoured(sampler, clock):
    run(sampler, clock, seconds=2, batches_per_second=1000, rows=8)
    halves = [0, 0]
    for number in range(60_000):
        clock.now += 0.001
        halves[number % 1000 >= 500] += len(sampler.pick(8))
    assert halves[0] == pytest.approx(halves[1], rel=0.2)


def test_one_huge_batch_costs_few_picks(sampler):
    assert len(sampler.pick(1_000_000)) < 100


def test_a_burst_after_silence_costs_few_picks(sampler, clock):
    clock.now += 3600
    assert len(run(sampler, clock, seconds=1, batches_per_second=30_000, rows=1)) < 200


def test_traffic_that_fell_is_followed(sampler, clock):
    run(sampler, clock, seconds=5, batches_per_second=30_000, rows=8)
    run(sampler, clock, seconds=15, batches_per_second=1, rows=1)
    sampler.pace()  # the first measure still has the end of the burst
    run(sampler, clock, seconds=15, batches_per_second=1, rows=1)
    sampler.pace()
    assert len(run(sampler, clock, seconds=60, batches_per_second=1, rows=1)) == 60


def test_picked_rows_lie_in_the_batch_and_once_each(sampler, clock):
    for rows in (1, 2, 7, 33, 1000, 5):
        clock.now += 0.01
        picked = sampler.pick(rows)
        assert sorted(set(picked)) == list(picked)
        assert all(0 <= row < rows for row in picked)
