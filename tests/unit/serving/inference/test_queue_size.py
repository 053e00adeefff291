"""Long runs leave the loop, whether they have many rows or wide ones."""

import asyncio

import numpy as np

from serving.inference.cost import RunCost
from serving.inference.engine import Engine, QueuePolicy
from serving.inference.queue import InferenceQueue
from serving.inference.workers import WorkerPool
from serving.observe.metrics import ServerMetrics
from tests.support.inference_replies import RowsWriter
from tests.support.queued_model import QueuedModel, WatchedRunner
from tests.support.signatures import plan_of

MILLISECOND = RunCost(0.0, 0.001)  # for each row
POLICY = QueuePolicy(inline_seconds=0.5, joined_seconds=0.01)


class Doubling:
    """Stands for a model of known cost."""

    def run(self, names, inputs, **_):
        return [inputs["x"] * 2 for _ in names]


def served(*, joins=True, row_values=0, cost=MILLISECOND):
    """A model whose row takes a millisecond, if nothing else is said."""
    plan = plan_of([("x", "FP32", (-1, -1 if row_values else 2))], [("y", "FP32", (-1, -1))])
    runner = WatchedRunner(Doubling())
    metrics = ServerMetrics().for_model("m", "1", "sha256:ab", plan, None)
    pool = WorkerPool(1, asyncio.get_running_loop())
    queue = InferenceQueue(Engine(runner, cost, joins, row_values), pool, metrics, POLICY)
    return QueuedModel(plan, queue, runner, metrics, RowsWriter())


def ran(*shapes, **how):
    """Rows and place of the runs that requests of these shapes lead to."""

    async def check():
        model = served(**how)
        asked = [np.ones(shape, np.float32) for shape in shapes]
        answers = await asyncio.gather(*[model.ask(x=x).future for x in asked])
        assert [outputs[0].tolist() for outputs in answers] == [(x * 2).tolist() for x in asked]
        assert model.queue.depth == 0
        return [(run.rows, "loop" if run.thread == "MainThread" else "worker") for run in model.runner.runs]

    return asyncio.run(check())


def test_a_request_of_many_rows_goes_to_a_worker():
    assert ran((10, 2)) == [(10, "loop")]
    assert ran((11, 2)) == [(11, "worker")]


def test_rows_are_joined_as_long_as_their_run_is_short():
    assert ran(*[(4, 2)] * 4) == [(8, "loop"), (8, "loop")]


def test_rows_of_a_heavy_model_are_joined_where_that_saves_time():
    assert ran(*[(1, 2)] * 11, cost=RunCost(0.1, 1.0)) == [(5, "worker"), (5, "worker"), (1, "worker")]
    assert ran(*[(1, 2)] * 3, cost=RunCost(0.0, 1.0)) == [(1, "worker")] * 3
    assert ran(*[(1, 2)] * 3, cost=RunCost(0.1, 1.0), joins=False) == [(1, "worker")] * 3


def test_a_long_request_does_not_take_short_ones_along():
    assert sorted(ran((1, 2), (11, 2), (1, 2))) == [(1, "loop"), (1, "loop"), (11, "worker")]


def test_a_row_of_more_values_than_were_measured_counts_as_several():
    assert ran((10, 4), row_values=4) == [(10, "loop")]
    assert ran((10, 2), row_values=4) == [(10, "loop")]
    assert ran((5, 8), row_values=4) == [(5, "loop")]
    assert ran((6, 8), row_values=4) == [(6, "worker")]
    assert ran((1, 40), row_values=4) == [(1, "loop")]
    assert ran((1, 44), row_values=4) == [(1, "worker")]
    assert ran((1, 4000), joins=False, row_values=4) == [(1, "worker")]


def test_wide_rows_are_joined_to_fewer():
    assert ran(*[(1, 20)] * 5, row_values=4) == [(2, "loop"), (2, "loop"), (1, "loop")]
