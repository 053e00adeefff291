"""What a run costs, as measured; no test depends on how fast this machine is."""

import time

import pytest

from serving.inference.cost import MANY_ROWS, RunCost, measure_cost


class Timed:
    """A run that takes the given seconds, one after the other and then the last again."""

    def __init__(self, clock, *seconds):
        self._clock = clock
        self._seconds = list(seconds)
        self.runs = 0

    def __call__(self):
        self.runs += 1
        self._clock.now += self._seconds.pop(0) if len(self._seconds) > 1 else self._seconds[0]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("serving.inference.cost.perf_counter", clock)
    return clock


def test_a_cost_is_a_line_through_one_row_and_many(clock):
    cost = measure_cost(Timed(clock, 0.003), Timed(clock, 0.003 + 0.001 * (MANY_ROWS - 1)))
    assert cost.row_seconds == pytest.approx(0.001)
    assert cost.fixed_seconds == pytest.approx(0.002)
    assert cost.seconds(10) == pytest.approx(0.012)
    assert cost.rows_within(0.0125) == 10


def test_a_bound_always_lets_one_row_run():
    assert RunCost(0.002, 0.001).rows_within(0.001) == 1


@pytest.mark.parametrize(
    ("cost", "rows"),
    [
        (RunCost(0.0, 0.01), 1),
        (RunCost(0.0003, 0.01), 1),
        (RunCost(0.0005, 0.01), 2),
        (RunCost(0.001, 0.01), 5),
        (RunCost(0.01, 0.01), MANY_ROWS),
        (RunCost(1.0, 0.01), MANY_ROWS),
    ],
)
def test_rows_are_worth_joining_while_that_saves_time_and_was_measured(cost, rows):
    assert cost.rows_worth_joining() == rows


def test_the_first_run_and_what_others_took_of_the_cores_is_not_counted(clock):
    one = Timed(clock, 0.04, 0.009, 0.001, 0.005, 0.009, 0.009)
    assert measure_cost(one, Timed(clock, 0.001)).seconds(1) == pytest.approx(0.001)


def test_a_slow_run_is_measured_once(clock):
    one, many = Timed(clock, 0.2), Timed(clock, 1.0)
    assert measure_cost(one, many) == RunCost(0.0, pytest.approx(0.2))
    assert (one.runs, many.runs) == (1, 0)


def test_without_joining_a_row_costs_a_run(clock):
    assert measure_cost(Timed(clock, 0.001), None) == RunCost(0.0, pytest.approx(0.001))


def test_no_row_is_free_even_if_no_difference_is_seen(clock):
    cost = measure_cost(Timed(clock, 0.001), Timed(clock, 0.0009))
    assert cost.row_seconds == pytest.approx(0.00001)
    assert cost.seconds(1) == pytest.approx(0.001)
    assert cost.rows_within(0.002) < 200


def test_the_clock_is_a_real_one():
    assert measure_cost(lambda: time.sleep(0.001), None).seconds(1) > 0
