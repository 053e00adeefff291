"""Bugs of others: a transport's end that raises costs no other request its answer, nor the queue its count.

Every test ends with the fixture's own: the queue closes and its depth is 0.
"""

import asyncio

import numpy as np
import pytest

from tests.support.inference_replies import HeldReply
from tests.support.plain_models import scaling

PLACES = pytest.mark.parametrize("heavy", [False, True], ids=["loop", "workers"])
X = np.float32([[1, 2]])


class WithoutWriter(HeldReply):
    """A reply whose writer is not there when it is asked for."""

    def __init__(self, writer):
        super().__init__(writer)
        del self.writer


class Unsure(HeldReply):
    """A reply that cannot say whether it is gone."""

    @property
    def gone(self):
        raise RuntimeError("unsure")

    @gone.setter
    def gone(self, value):
        pass


class Deaf(HeldReply):
    """A reply that does not hear of its run."""

    def note(self, _):
        raise RuntimeError("deaf")


class Dumb(HeldReply):
    """A reply that cannot be failed."""

    def fail(self, error):
        super().fail(error)
        raise RuntimeError("dumb")


async def answered(model):
    assert (await model.ask(x=X).future)[0].tolist() == [[2, 4]]
    assert model.queue.depth == 0


def submit(model, reply, **inputs):
    model.queue.submit(model.plan.request(inputs or {"x": X}, (), reply, 0.0))
    return reply


@PLACES
@pytest.mark.parametrize("broken", [WithoutWriter, Unsure])
def test_what_cannot_be_scheduled_is_answered_with_the_error(serve, heavy, broken, caplog):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            if heavy:
                await model.hold(x=X)
            replies = [submit(model, kind(model.writer)) for kind in (HeldReply, broken, HeldReply)]
            await asyncio.sleep(0.01)
            model.runner.gate.set()
            outcomes = await asyncio.gather(*[reply.future for reply in replies], return_exceptions=True)
            if broken is WithoutWriter or heavy:
                assert isinstance(outcomes[1], AttributeError if broken is WithoutWriter else RuntimeError)
                assert "could not be scheduled" in caplog.text
            await answered(model)

    asyncio.run(check())


def test_two_models_on_one_pool_do_not_share_their_faults(serve):
    async def check():
        async with serve(scaling(), heavy=True) as one, serve(scaling(), heavy=True) as other:
            other.queue._workers = one.queue._workers
            held = await one.hold(x=X)
            replies = [submit(other, kind(other.writer)) for kind in (HeldReply, Unsure)]
            behind = one.ask(x=X)
            await asyncio.sleep(0.01)
            one.runner.gate.set()
            outcomes = await asyncio.gather(*[reply.future for reply in replies], return_exceptions=True)
            assert all(isinstance(outcome, RuntimeError) for outcome in outcomes)
            assert [(await reply.future)[0].tolist() for reply in (held, behind)] == [[[2, 4]]] * 2
            await answered(other)

    asyncio.run(check())


@PLACES
def test_a_reply_that_does_not_hear_of_its_run_is_answered(serve, heavy, caplog):
    async def check():
        async with serve(scaling(), heavy=heavy, tells_runs=True) as model:
            replies = [submit(model, kind(model.writer)) for kind in (HeldReply, Deaf, HeldReply)]
            answers = await asyncio.gather(*[reply.future for reply in replies])
            assert [outputs[0].tolist() for outputs in answers] == [[[2, 4]]] * 3
            assert [len(reply.runs) for reply in replies] == [1, 0, 1]
            await answered(model)

    asyncio.run(check())
    assert "could not be told of its run" in caplog.text


@PLACES
def test_a_reply_that_cannot_be_failed_costs_no_other_its_answer(serve, heavy):
    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            late = Dumb(model.writer)
            model.queue.submit(model.plan.request({"x": X}, (), late, 0.0, 0.0))
            unwritable = Dumb(model.writer, unwritable=True)
            submit(model, unwritable)
            await answered(model)
            for reply in (late, unwritable):
                assert reply.future.exception() is not None

    asyncio.run(check())


@PLACES
def test_a_run_that_cannot_be_counted_is_answered(serve, heavy, caplog):
    class Broken:
        def observe(self, *_):
            raise RuntimeError("broken")

    async def check():
        async with serve(scaling(), heavy=heavy, most_rows=1) as model:
            model.metrics.drift = Broken()
            answers = await asyncio.gather(*[model.ask(x=X).future for _ in range(3)])
            assert [outputs[0].tolist() for outputs in answers] == [[[2, 4]]] * 3
            await answered(model)

    asyncio.run(check())
    assert "could not be counted" in caplog.text


@PLACES
def test_memory_that_lasts_for_each_request_but_not_for_all_answers_all(serve, heavy, monkeypatch):
    def no_memory(*_):
        raise MemoryError

    async def check():
        async with serve(scaling(), heavy=heavy) as model:
            monkeypatch.setattr(np, "concatenate", no_memory)
            answers = await asyncio.gather(*[model.ask(x=X).future for _ in range(3)])
            assert [outputs[0].tolist() for outputs in answers] == [[[2, 4]]] * 3
            assert model.runner.rows == [1, 1, 1]

    asyncio.run(check())
