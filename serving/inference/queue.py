"""Requests for one model, from their arrival to their answers.

All that arrives in one turn of the event loop is joined into one run. A light model runs right on
the loop, where handing over to a thread would cost more than the run; a heavy one runs on the
worker pool, and what arrives meanwhile is joined for the next free worker.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil
from time import monotonic

from serving.errors import DeadlineExceededError, OverloadedError
from serving.inference.batch import (
    answer,
    are_alike,
    by_group,
    fail,
    in_portions,
    leading,
    note,
    over_by,
    size_of,
    without,
)
from serving.inference.engine import Engine, QueuePolicy
from serving.inference.outcome import Outcome, Run, attempt
from serving.inference.request import InferRequest
from serving.inference.workers import Job, WorkerPool
from serving.observe.metrics import ModelMetrics
from serving.observe.spans import ModelRun

logger = logging.getLogger(__name__)

_LONGEST_RETRY_SECONDS = 30


class InferenceQueue:
    """The queue of one model; every method is called in the event loop's thread."""

    def __init__(
        self, engine: Engine, workers: WorkerPool, metrics: ModelMetrics, policy: QueuePolicy | None = None
    ) -> None:
        policy = policy or QueuePolicy()
        self._loop = workers.loop
        self._run = engine.runner.run
        self._cost = engine.cost
        self._workers = workers
        self._metrics = metrics
        self._most_waiting = policy.most_waiting
        self._most_waiting_bytes = policy.most_waiting_bytes
        self._tells_runs = policy.tells_runs
        self._light = engine.cost.seconds(1) <= policy.inline_seconds
        self._inline_rows = engine.cost.rows_within(policy.joined_seconds)  # more would hold up the loop
        joined = self._inline_rows if self._light else max(self._inline_rows, engine.cost.rows_worth_joining())
        self._most_rows = min(policy.most_rows, joined) if engine.joins else 0
        self._row_values = engine.row_values
        self._arrived: list[InferRequest] = []
        self._backlog: list[InferRequest] = []
        self._backlog_bytes = 0
        self._unanswered = 0
        self._idle = asyncio.Event()  # whoever waits may stop waiting before it is set

    @property
    def depth(self) -> int:
        """Requests without an answer yet."""
        return self._unanswered

    def submit(self, request: InferRequest) -> None:
        """Answer later, through the request's reply.

        Raises:
            OverloadedError: too many wait already.
        """
        if self._unanswered >= self._most_waiting:
            raise self._overloaded(f"{self._most_waiting} requests", str(self._unanswered))
        self._unanswered += 1
        if not self._arrived:
            self._loop.call_soon(self._collect)
        self._arrived.append(request)

    async def close(self) -> None:
        """Return after the last answer."""
        if self._unanswered:
            self._idle.clear()
            await self._idle.wait()

    def take(self, *, free_workers: int, all_free: bool) -> Job | None:
        """Return the next run for a worker: its share of what waits and belongs together."""
        waiting, self._backlog = self._backlog, []
        try:
            over = over_by(waiting, monotonic())
            current = without(waiting, over) if over else waiting
            share = leading(current, ceil(len(current) / free_workers), self._most_rows) if current else 0
        except Exception as error:  # the pool and the other models must not notice
            self._backlog_bytes = 0
            self._give_up(waiting, error)
            return None
        batch, self._backlog = current[:share], current[share:]
        self._backlog_bytes -= sum(map(size_of, (*over, *batch)))
        for request in over:
            self._drop(request)
        return partial(self._run_in_worker, batch, all_free and len(current) == 1) if batch else None

    def _collect(self) -> None:
        requests, self._arrived = self._arrived, []
        if not self._light:
            self._to_workers(requests)
            return
        try:
            groups = (requests,) if are_alike(requests) else by_group(requests)
        except Exception as error:
            self._give_up(requests, error)
            return
        for group in groups:
            self._run_group(group)

    def _run_group(self, group: list[InferRequest]) -> None:
        most_rows, portion_rows = self._inline_rows, self._most_rows
        if self._row_values:
            most_rows = self._rows_on_loop(group[0])
            portion_rows = min(portion_rows, most_rows)
        for batch in in_portions(group, portion_rows):
            now = monotonic()
            late = [request for request in batch if request.deadline < now]
            current = without(batch, late) if late else batch
            for request in late:
                self._drop(request)
            if current and current[0].rows > most_rows:  # which stands alone in its batch
                self._to_workers(current)
            elif current:
                self._complete(attempt(self._run, current))

    def _rows_on_loop(self, like: InferRequest) -> int:
        # Shapes vary: a row of more values than the measured one counts as several.
        values = sum([tensor.size for tensor in like.inputs.values()])
        return int(self._inline_rows * min(1.0, self._row_values * like.rows / values))

    def _to_workers(self, requests: list[InferRequest]) -> None:
        for request in requests:
            size = self._backlog_bytes + size_of(request)
            if self._backlog and size > self._most_waiting_bytes:
                self._count_down(1)
                fail(request, self._overloaded(f"{self._most_waiting_bytes} bytes of requests", str(size)))
            else:
                self._backlog.append(request)
                self._backlog_bytes = size
        self._workers.offer(self)

    def _run_in_worker(self, batch: list[InferRequest], alone: bool) -> Callable[[], None]:
        over = over_by(batch, monotonic())  # again: the run may have lain ready behind another
        current = without(batch, over) if over else batch
        outcomes = attempt(self._run, current, alone=alone) if current else []
        return lambda: self._end_run(outcomes, over)

    def _end_run(self, outcomes: list[Outcome], over: Sequence[InferRequest]) -> None:
        self._complete(outcomes)
        for request in over:
            self._drop(request)

    def _complete(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            batch, result = outcome.batch, outcome.result
            self._count_down(len(batch))
            try:
                if isinstance(result, Run):
                    if self._tells_runs:
                        self._tell(batch, result)
                    answer(batch, result.outputs)
                    self._observe(batch, result)
                else:
                    fail(batch[0], result)
            except Exception:  # the answers are out; what follows them must go on
                logger.exception("A run could not be counted")

    def _tell(self, batch: list[InferRequest], run: Run) -> None:
        metrics, rows = self._metrics, sum([request.rows for request in batch])
        for request in batch:
            told = ModelRun(
                model=metrics.name,
                version=metrics.version,
                digest=metrics.digest,
                rows=request.rows,
                batch_rows=rows,
                queued=request.arrived,
                started=run.start,
                ended=run.end,
            )
            note(request, told)

    def _observe(self, batch: list[InferRequest], run: Run) -> None:
        metrics, start = self._metrics, run.start
        rows = sum([request.rows for request in batch])
        metrics.observe_batch(len(batch), rows, [start - request.arrived for request in batch], run.end - start)
        if metrics.drift is not None:
            metrics.drift.observe(run.inputs, rows)

    def _drop(self, request: InferRequest) -> None:
        error = DeadlineExceededError(
            "The request's time was over before it could be computed",
            cure="Allow more time, or send fewer requests at once.",
        )
        self._count_down(1)
        fail(request, error)

    def _give_up(self, requests: Sequence[InferRequest], error: Exception) -> None:
        # None of them has been answered: what raises here does so before anything is run.
        logger.error("%d requests could not be scheduled", len(requests), exc_info=error)
        self._count_down(len(requests))
        for request in requests:
            fail(request, error)

    def _count_down(self, requests: int) -> None:
        # Before they are answered: an answer may let a client's next request in.
        self._unanswered -= requests
        if not self._unanswered:
            self._idle.set()

    def _overloaded(self, most: str, got: str) -> OverloadedError:
        seconds = self._cost.seconds(1) * self._unanswered
        return OverloadedError(
            "The model's queue is full",
            retry_after_seconds=min(max(1, ceil(seconds)), _LONGEST_RETRY_SECONDS),
            expected=f"at most {most} waiting",
            got=got,
        )
