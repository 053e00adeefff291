"""A model behind a real queue, whose runs a test can watch and hold up."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import NamedTuple

from serving.inference.plan import ModelPlan
from serving.inference.queue import InferenceQueue
from serving.observe.metrics import ModelMetrics
from tests.support.inference_replies import HeldReply, RowsWriter


class Seen(NamedTuple):
    """One run as it was asked for."""

    names: tuple[str, ...]
    rows: int
    alone: bool
    thread: str


class WatchedRunner:
    """The real runner, with a gate before it; `runs` are those that came to it."""

    def __init__(self, runner):
        self._runner = runner
        self.runs = []
        self.gate = threading.Event()
        self.gate.set()

    def run(self, names, inputs, *, alone=False):
        rows = len(next(iter(inputs.values())))
        self.runs.append(Seen(names, rows, alone, threading.current_thread().name))
        assert self.gate.wait(60)
        return self._runner.run(names, inputs, alone=alone)

    @property
    def rows(self):
        return [run.rows for run in self.runs]


@dataclass
class QueuedModel:
    """A model that answers."""

    plan: ModelPlan
    queue: InferenceQueue
    runner: WatchedRunner
    metrics: ModelMetrics
    writer: RowsWriter

    def ask(self, *, outputs=(), deadline=inf, writer=None, unwritable=False, **inputs):
        """Submit a request; returns its reply."""
        reply = HeldReply(writer or self.writer, unwritable=unwritable)
        self.queue.submit(self.plan.request(inputs, outputs, reply, monotonic(), deadline))
        return reply

    async def hold(self, **inputs):
        """Have a worker begin a run that goes on until the gate is opened."""
        self.runner.gate.clear()
        reply = self.ask(**inputs)
        async with asyncio.timeout(20):
            while not self.runner.runs:
                await asyncio.sleep(0.001)
        return reply
