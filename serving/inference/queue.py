"""Requests for one model, from their arrival to their answers.

All that arrives in one turn of the event loop is joined into one run. A light model runs right on
the loop, where handing over to a thread would cost more than the run; a heavy one runs on the
worker pool, and what arrives meanwhile is joined for the next free worker.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from math import ceil
from time import monotonic

from serving.errors import DeadlineExceededError, OverloadedError
from serving.inference.batch import answer, are_alike, by_group, check_rows, fail, in_portions, join
from serving.inference.engine import Engine, QueuePolicy
from serving.inference.request import InferRequest
from serving.inference.workers import Job, WorkerPool
from serving.observe.metrics import ModelMetrics
from serving.observe.spans import ModelRun
from slipway.onnx.session import Tensor

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
        self._tells_runs = policy.tells_runs
        self._light = engine.cost.seconds(1) <= policy.inline_seconds
        self._inline_rows = engine.cost.rows_within(policy.joined_seconds)  # more would hold up the loop
        self._most_rows = min(policy.most_rows, self._inline_rows) if engine.joins else 0
        self._arrived: list[InferRequest] = []
        self._backlog: deque[InferRequest] = deque()
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
            raise self._overloaded()
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
        self._backlog = deque(self._current(self._backlog, drop_gone=True))
        if not self._backlog:
            return None
        alone = all_free and len(self._backlog) == 1
        batch = self._share(ceil(len(self._backlog) / free_workers))
        return lambda: self._run_in_worker(batch, alone)

    def _collect(self) -> None:
        requests, self._arrived = self._arrived, []
        if self._light:
            self._run_inline(self._current(requests))
        else:
            self._to_workers(requests)

    def _run_inline(self, requests: list[InferRequest]) -> None:
        if not requests:
            return
        for group in (requests,) if are_alike(requests) else by_group(requests):
            for batch in in_portions(group, self._most_rows):
                if batch[0].rows > self._inline_rows:  # which stands alone in its batch
                    self._to_workers(batch)
                else:
                    self._complete(self._attempt(batch, alone=False))

    def _to_workers(self, requests: list[InferRequest]) -> None:
        self._backlog.extend(requests)
        self._workers.offer(self)

    def _share(self, most_requests: int) -> list[InferRequest]:
        backlog = self._backlog
        batch = [first := backlog.popleft()]
        rows = first.rows
        while backlog and len(batch) < most_requests:
            following = backlog[0]
            rows += following.rows
            if rows > self._most_rows or not are_alike((first, following)):
                break
            batch.append(backlog.popleft())
        return batch

    def _run_in_worker(self, batch: list[InferRequest], alone: bool) -> Callable[[], None]:
        outcomes = self._attempt(batch, alone=alone)
        return lambda: self._complete(outcomes)

    def _attempt(self, batch: list[InferRequest], *, alone: bool) -> list[_Outcome]:
        start = monotonic()
        try:
            inputs = join(batch)
            outputs = self._run(batch[0].outputs, inputs, alone=alone)
            if len(batch) > 1:
                check_rows(batch, outputs)
        except Exception as error:
            if len(batch) == 1:
                return [_Outcome(batch, error)]
            # One of them is bad: each for itself.
            return [outcome for request in batch for outcome in self._attempt([request], alone=False)]
        return [_Outcome(batch, _Run(inputs, outputs, start, monotonic()))]

    def _complete(self, outcomes: list[_Outcome]) -> None:
        for outcome in outcomes:
            batch, result = outcome.batch, outcome.result
            if isinstance(result, _Run):
                if self._tells_runs:
                    self._tell(batch, result)
                answer(batch, result.outputs)
                self._observe_safely(batch, result)
            else:
                fail(batch[0], result)
            self._answered(len(batch))

    def _tell(self, batch: list[InferRequest], run: _Run) -> None:
        metrics, rows = self._metrics, sum([request.rows for request in batch])
        for request in batch:
            request.reply.note(
                ModelRun(
                    model=metrics.name,
                    version=metrics.version,
                    digest=metrics.digest,
                    rows=request.rows,
                    batch_rows=rows,
                    queued=request.arrived,
                    started=run.start,
                    ended=run.end,
                )
            )

    def _observe_safely(self, batch: list[InferRequest], run: _Run) -> None:
        try:
            self._observe(batch, run)
        except Exception:  # the answers are out; what follows them must go on
            logger.exception("A run could not be counted")

    def _observe(self, batch: list[InferRequest], run: _Run) -> None:
        metrics, start = self._metrics, run.start
        rows = sum([request.rows for request in batch])
        metrics.observe_batch(len(batch), rows, [start - request.arrived for request in batch], run.end - start)
        if metrics.drift is not None:
            metrics.drift.observe(run.inputs, rows)

    def _current(self, requests: Sequence[InferRequest], *, drop_gone: bool = False) -> list[InferRequest]:
        now = monotonic()
        current: list[InferRequest] = []
        over: list[InferRequest] = []
        for request in requests:
            is_over = request.deadline < now or (drop_gone and request.reply.gone)
            (over if is_over else current).append(request)
        for request in over:
            self._drop(request)
        return current

    def _drop(self, request: InferRequest) -> None:
        error = DeadlineExceededError(
            "The request's time was over before it could be computed",
            cure="Allow more time, or send fewer requests at once.",
        )
        fail(request, error)
        self._answered(1)

    def _answered(self, count: int) -> None:
        self._unanswered -= count
        if not self._unanswered:
            self._idle.set()

    def _overloaded(self) -> OverloadedError:
        seconds = self._cost.seconds(1) * self._unanswered
        return OverloadedError(
            "The model's queue is full",
            retry_after_seconds=min(max(1, ceil(seconds)), _LONGEST_RETRY_SECONDS),
            expected=f"at most {self._most_waiting} requests waiting",
            got=str(self._unanswered),
        )


class _Run:
    """What a run was given and gave, and when it began and ended."""

    __slots__ = ("end", "inputs", "outputs", "start")

    def __init__(self, inputs: dict[str, Tensor], outputs: Sequence[Tensor], start: float, end: float) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.start = start
        self.end = end


class _Outcome:
    """Requests and their run, or the error of a single one."""

    __slots__ = ("batch", "result")

    def __init__(self, batch: list[InferRequest], result: _Run | Exception) -> None:
        self.batch = batch
        self.result = result
