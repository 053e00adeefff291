"""Requests joined, on the loop and on the workers: the answers are those of single ones."""

import asyncio
from time import monotonic

import numpy as np
import pytest

from serving.errors import DeadlineExceededError, OverloadedError
from slipway.errors import InferenceError
from tests.support import inference_models as models
from tests.support.inference_replies import RowsWriter
from tests.support.plain_models import scaling

PLACES = pytest.mark.parametrize("heavy", [False, True], ids=["loop", "workers"])


def row(*values):
    return np.float32([values])


def index(*values):
    return np.int64([[value] for value in values])


async def picked(reply):
    return (await reply.future)[0].ravel().tolist()


@PLACES
def test_answers_of_joined_requests_are_those_of_single_ones(serve, heavy):
    asks = [np.random.default_rng(seed).random((seed % 5 + 1, 3)).astype(np.float32) for seed in range(40)]

    async def check():
        async with serve(models.rowwise(), heavy=heavy) as model:
            single = [await model.ask(x=x).future for x in asks]
            runs = len(model.runner.runs)
            assert runs == len(asks)
            joined = await asyncio.gather(*[model.ask(x=x).future for x in asks])
            assert len(model.runner.runs) - runs < runs
            for own, together, x in zip(single, joined, asks, strict=True):
                assert [output.tolist() for output in own] == [output.tolist() for output in together]
                assert own[0].tolist() == (x + x).tolist()

    asyncio.run(check())


@PLACES
def test_what_arrives_together_runs_together_up_to_the_most_rows(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy, most_rows=4) as model:
            await asyncio.gather(*[model.ask(x=np.ones((rows, 2), np.float32)).future for rows in (2, 2, 3, 9, 1)])
            assert model.runner.rows == [4, 3, 9, 1]

    asyncio.run(check())


@PLACES
def test_a_light_model_runs_on_the_loop_and_a_heavy_one_does_not(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            await model.ask(x=row(1, 2)).future
            assert (model.runner.runs[0].thread == "MainThread") is not heavy

    asyncio.run(check())


@PLACES
def test_a_bad_row_fails_its_own_request_only(serve, heavy):
    async def check():
        async with serve(models.picking(), heavy=heavy) as model:
            asked = [model.ask(index=index(*values)) for values in ([0], [2, 1], [7], [1], [0, -9])]
            good = [await picked(asked[number]) for number in (0, 1, 3)]
            assert good == [[10], [30, 20], [20]]
            for number in (2, 4):
                with pytest.raises(InferenceError, match="cannot answer these values"):
                    await asked[number].future
            assert model.runner.rows == [7, 1, 2, 1, 1, 2]

    asyncio.run(check())


@PLACES
def test_late_requests_are_told_so_and_not_computed(serve, heavy):
    async def check():
        async with serve(models.picking(), heavy=heavy) as model:
            late = [model.ask(index=index(7), deadline=monotonic() - 1) for _ in range(3)]
            current = model.ask(index=index(1), deadline=monotonic() + 60)
            assert await picked(current) == [20]
            for reply in late:
                with pytest.raises(DeadlineExceededError, match="time was over"):
                    await reply.future
            assert model.runner.rows == [1]

    asyncio.run(check())


def test_what_becomes_late_while_it_waits_for_a_worker_is_not_computed(serve):
    async def check():
        async with serve(scaling(), heavy=True) as model:
            first = await model.hold(x=row(1, 2))
            late = model.ask(x=row(3, 4), deadline=monotonic() + 0.01)
            await asyncio.sleep(0.05)
            model.runner.gate.set()
            with pytest.raises(DeadlineExceededError):
                await late.future
            assert (await first.future)[0].tolist() == [[2, 4]]
            assert model.runner.rows == [1]

    asyncio.run(check())


def test_what_becomes_late_behind_runs_of_its_own_turn_is_not_computed(serve):
    async def check():
        async with serve(models.less_the_mean()) as model:
            slow = model.ask(x=row(1, 2))
            late = model.ask(x=row(3, 4), deadline=monotonic() + 0.05)
            model.runner.gate.clear()
            asyncio.get_running_loop().run_in_executor(None, _open_later, model.runner.gate)
            await slow.future
            with pytest.raises(DeadlineExceededError):
                await late.future
            assert model.runner.rows == [1]

    asyncio.run(check())


def _open_later(gate):
    end = monotonic() + 0.2
    while monotonic() < end:
        gate.wait(0.01)
    gate.set()


def test_clients_that_vanish_with_heavy_requests_in_flight_leave_a_queue_that_works(serve):
    async def check():
        async with serve(scaling(), heavy=True, most_waiting=64) as model:
            for _ in range(3):
                model.runner.runs.clear()
                begun = await model.hold(x=row(1, 1))
                vanished = [model.ask(x=row(1, 1)) for _ in range(60)]
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                for reply in vanished:
                    reply.gone = True
                model.runner.gate.set()
                await begun.future
                await asyncio.gather(*[reply.future for reply in vanished], return_exceptions=True)
                assert model.queue.depth == 0
                assert model.runner.rows == [1]
            answers = await asyncio.gather(*[model.ask(x=row(n, n)).future for n in range(64)])
            assert [output[0].tolist() for output in answers] == [[[2 * n, 2 * n]] for n in range(64)]

    asyncio.run(check())


def test_those_who_still_wait_are_answered_though_others_are_gone(serve):
    async def check():
        async with serve(scaling(), heavy=True) as model:
            await model.hold(x=row(1, 1))
            replies = [model.ask(x=row(1, n)) for n in range(20)]
            await asyncio.sleep(0)
            for reply in replies[::2]:
                reply.gone = True
            model.runner.gate.set()
            answers = await asyncio.gather(*[reply.future for reply in replies[1::2]])
            assert [output[0][0, 1] for output in answers] == [2 * n for n in range(1, 20, 2)]
            assert model.runner.rows == [1, 10]

    asyncio.run(check())


def test_a_run_that_lay_ready_leaves_out_who_does_not_wait_any_more(serve):
    async def check():
        async with serve(scaling(), heavy=True, ready_jobs=1) as model:
            await model.hold(x=row(1, 1))
            replies = [model.ask(x=row(1, n)) for n in range(4)]
            await asyncio.sleep(0)  # they lie ready behind the one that is held
            replies[0].gone = replies[2].gone = True
            model.runner.gate.set()
            answers = await asyncio.gather(*[reply.future for reply in replies[1::2]])
            assert [output[0][0, 1] for output in answers] == [2, 6]
            assert model.runner.rows == [1, 2]

    asyncio.run(check())


@PLACES
def test_a_full_queue_refuses_says_when_to_come_back_and_recovers(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy, most_waiting=3) as model:
            for _ in range(3):
                waiting = [model.ask(x=row(1, 2)) for _ in range(3)]
                with pytest.raises(OverloadedError, match="expected at most 3 requests waiting, got 3") as caught:
                    model.ask(x=row(1, 2))
                assert 1 <= caught.value.retry_after_seconds <= 30
                assert model.queue.depth == 3
                await asyncio.gather(*[reply.future for reply in waiting])
                assert model.queue.depth == 0

    asyncio.run(check())


def test_long_requests_fill_the_queue_before_many_do(serve):
    async def check():
        async with serve(scaling(), heavy=True, most_waiting_bytes=100) as model:
            for _ in range(3):
                model.runner.runs.clear()
                begun = await model.hold(x=np.ones((50, 2), np.float32))
                waiting = [model.ask(x=np.ones((6, 2), np.float32)) for _ in range(3)]
                await asyncio.sleep(0)
                with pytest.raises(OverloadedError, match="at most 100 bytes of requests waiting, got 144"):
                    await waiting[2].future
                waiting[1].gone = True
                model.runner.gate.set()
                await asyncio.gather(begun.future, waiting[0].future)
                await model.queue.close()
                assert model.queue.depth == 0
            assert len(await model.ask(x=np.ones((99, 2), np.float32)).future) == 1

    asyncio.run(check())


def test_an_answer_may_let_a_clients_next_request_into_a_full_queue(serve):
    async def check():
        async with serve(scaling(), most_waiting=1) as model:
            following = []
            first = model.ask(x=row(1, 2))
            first.then = lambda: following.append(model.ask(x=row(3, 4)))
            await first.future
            assert (await following[0].future)[0].tolist() == [[6, 8]]

    asyncio.run(check())


@PLACES
def test_close_waits_for_the_last_answer(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            await model.queue.close()
            replies = [model.ask(x=row(1, 2)) for _ in range(5)]
            closings = [asyncio.create_task(model.queue.close()) for _ in range(2)]
            assert model.queue.depth == 5
            await asyncio.wait_for(asyncio.gather(*closings), 20)
            assert all(reply.future.done() for reply in replies)

    asyncio.run(check())


def test_a_heavy_model_leaves_the_loop_free(serve):
    async def check():
        async with serve(scaling(), heavy=True) as model:
            first = await model.hold(x=row(1, 2))
            second = model.ask(x=row(3, 4))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not first.future.done()
            model.runner.gate.set()
            await asyncio.gather(first.future, second.future)

    asyncio.run(check())


def test_only_a_lone_heavy_request_gets_every_core(serve):
    async def check():
        async with serve(scaling(), heavy=True, workers=2) as model:
            await model.hold(x=row(1, 2))
            others = [model.ask(x=row(1, 2)) for _ in range(4)]
            await asyncio.sleep(0.02)
            model.runner.gate.set()
            await asyncio.gather(*[reply.future for reply in others])
            assert [run.alone for run in model.runner.runs][:2] == [True, False]
            model.runner.runs.clear()
            await asyncio.gather(*[model.ask(x=row(1, 2)).future for _ in range(2)])
            assert not any(run.alone for run in model.runner.runs)

    asyncio.run(check())


def test_what_waits_is_shared_among_the_free_workers(serve):
    async def check():
        async with serve(scaling(), heavy=True, workers=2) as model:
            await asyncio.gather(*[model.ask(x=row(1, 2)).future for _ in range(10)])
            assert model.runner.rows == [5, 5]

    asyncio.run(check())


@PLACES
def test_requests_of_other_shapes_or_outputs_are_not_joined(serve, heavy):
    async def check():
        async with serve(models.rowwise(), heavy=heavy) as model:
            await model.ask(x=row(0)).future
            model.runner.runs.clear()
            narrow, wide = np.ones((2, 2), np.float32), np.ones((3, 5), np.float32)
            asked = [
                model.ask(x=narrow),
                model.ask(x=narrow),
                model.ask(x=wide),
                model.ask(x=wide, outputs=("negated",)),
                model.ask(x=wide, outputs=("negated", "double")),
            ]
            answers = await asyncio.gather(*[reply.future for reply in asked])
            assert model.runner.rows == [4, 3, 3, 3]
            shapes = [[output.shape for output in outputs] for outputs in answers]
            assert shapes == [[(2, 2)] * 2, [(2, 2)] * 2, [(3, 5)] * 2, [(3, 5)], [(3, 5)] * 2]
            assert answers[4][0].tolist() == (-wide).tolist()

    asyncio.run(check())


@PLACES
@pytest.mark.parametrize("model", [models.softmax_over_rows, models.less_the_mean, models.quantised])
def test_requests_of_a_model_that_mixes_rows_are_never_joined(serve, heavy, model):
    async def check():
        async with serve(model(), heavy=heavy) as served:
            asks = [row(n, -n) for n in range(6)]
            single = [(await served.ask(x=x).future)[0].tolist() for x in asks]
            together = await asyncio.gather(*[served.ask(x=x).future for x in asks])
            assert [outputs[0].tolist() for outputs in together] == single
            assert served.runner.rows == [1] * 12

    asyncio.run(check())


@PLACES
def test_answers_without_a_row_for_each_row_are_never_dealt_out(serve, heavy):
    async def check():
        async with serve(models.positive_rows(), heavy=heavy, joins=True) as model:
            asked = [model.ask(x=row(value)) for value in (1, -1, 2)]
            answers = await asyncio.gather(*[reply.future for reply in asked])
            assert [outputs[0].tolist() for outputs in answers] == [[[1]], [], [[2]]]

    asyncio.run(check())


@PLACES
def test_an_answer_that_cannot_be_written_fails_its_own_request_only(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            asked = [model.ask(x=row(1, n), unwritable=n == 2) for n in range(5)]
            for n, reply in enumerate(asked):
                if n == 2:
                    with pytest.raises(ValueError, match="cannot be written"):
                        await reply.future
                else:
                    assert (await reply.future)[0].tolist() == [[2, 2 * n]]

    asyncio.run(check())


@PLACES
def test_each_writer_writes_its_own(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            rest, grpc = RowsWriter(), RowsWriter()
            asked = [model.ask(x=row(1, n), writer=(rest, grpc)[n % 2]) for n in range(6)]
            answers = await asyncio.gather(*[reply.future for reply in asked])
            assert [outputs[0][0, 1] for outputs in answers] == [2 * n for n in range(6)]
            assert sum(rest.sizes) == sum(grpc.sizes) == 3

    asyncio.run(check())


def test_writers_that_alternate_on_the_loop_are_written_to_once_each(serve):
    async def check():
        async with serve(scaling()) as model:
            rest, grpc = RowsWriter(), RowsWriter()
            asked = [model.ask(x=row(1, n), writer=(rest, grpc)[n % 2]) for n in range(6)]
            await asyncio.gather(*[reply.future for reply in asked])
            assert rest.sizes == grpc.sizes == [3]

    asyncio.run(check())


@PLACES
def test_a_run_is_told_where_somebody_wants_to_know(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy, tells_runs=True) as model:
            asked = [model.ask(x=np.ones((rows, 2), np.float32)) for rows in (2, 3)]
            await asyncio.gather(*[reply.future for reply in asked])
            for reply, rows in zip(asked, (2, 3), strict=True):
                (run,) = reply.runs
                assert (run.model, run.version, run.digest) == ("m", "7", "sha256:ab")
                assert (run.rows, run.batch_rows) == (rows, 5)
                assert run.queued <= run.started <= run.ended

    asyncio.run(check())


def test_a_run_is_not_told_otherwise(serve):
    async def check():
        async with serve(scaling()) as model:
            reply = model.ask(x=row(1, 2))
            await reply.future
            assert not reply.runs

    asyncio.run(check())


@PLACES
def test_runs_are_counted(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            await asyncio.gather(*[model.ask(x=np.ones((2, 2), np.float32)).future for _ in range(3)])
            await model.queue.close()
            metrics = model.metrics
            assert (metrics.batch_requests.total, metrics.batch_rows.total) == (3, 6)
            assert sum(metrics.queue_seconds.counts) == 3
            assert sum(metrics.run_seconds.counts) == 1

    asyncio.run(check())
