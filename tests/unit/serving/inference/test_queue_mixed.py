"""Everything at once, in any order: each request hears exactly once, and what is right for it."""

import asyncio
import random
from time import monotonic

import numpy as np
import pytest

from serving.errors import DeadlineExceededError
from slipway.errors import InferenceError
from tests.support.inference_models import PICKED, picking
from tests.support.inference_replies import HeldReply, RowsWriter


class OnceReply(HeldReply):
    """A reply that counts what it hears, but for what is written again for another's sake."""

    def __init__(self, writer, **how):
        super().__init__(writer, **how)
        self.heard = 0

    def answer(self, outputs):
        self.heard += not self.future.done()
        super().answer(outputs)

    def fail(self, error):
        self.heard += 1
        super().fail(error)


class Client:
    """Asks for some rows: of which one may be bad, late, given up, or one whose answer cannot be written."""

    def __init__(self, model, chance, writers):
        self.values = [chance.randrange(-3, 3) for _ in range(chance.randrange(1, 4))]
        self.trouble = chance.choice(["", "", "", "bad", "late", "gone", "unwritable"])
        if self.trouble == "bad":
            self.values.append(3)
        self.reply = OnceReply(chance.choice(writers), unwritable=self.trouble == "unwritable")
        inputs = {"index": np.int64([[value] for value in self.values])}
        deadline = 0.0 if self.trouble == "late" else monotonic() + 600
        outputs = chance.choice([(), ("picked",)])
        model.queue.submit(model.plan.request(inputs, outputs, self.reply, monotonic(), deadline))
        if self.trouble == "gone":
            self.reply.gone = True

    def check(self):
        outcome = self.reply.future.exception() or self.reply.future.result()
        expected = {"bad": InferenceError, "late": DeadlineExceededError, "unwritable": ValueError}
        assert self.reply.heard == 1
        if self.trouble == "gone" and isinstance(outcome, Exception):
            assert isinstance(outcome, DeadlineExceededError)
        elif kind := expected.get(self.trouble):
            assert isinstance(outcome, kind)
        else:
            assert outcome[0].ravel().tolist() == [PICKED[value] for value in self.values]


@pytest.mark.parametrize("heavy", [False, True], ids=["loop", "workers"])
@pytest.mark.parametrize("seed", range(4))
def test_each_request_hears_once_what_is_right_for_it(serve, heavy, seed):
    async def check():
        chance = random.Random(seed)  # noqa: S311 (no secret)
        async with serve(picking(), heavy=heavy, workers=2, most_rows=16, tells_runs=True) as model:
            writers = [RowsWriter(), RowsWriter()]
            clients = []
            for _ in range(60):
                clients += [Client(model, chance, writers) for _ in range(chance.randrange(12))]
                await asyncio.sleep(chance.choice([0, 0, 0.0005]))
            await asyncio.wait_for(model.queue.close(), 60)
            for client in clients:
                client.check()

    asyncio.run(check())
