"""Threads that run what is too heavy for the event loop.

ONNX Runtime leaves Python's lock while it computes, so each thread keeps a core busy and the loop
goes on reading and writing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Protocol

logger = logging.getLogger(__name__)

Job = Callable[[], Callable[[], None]]  # runs in a worker; what it returns runs in the loop's thread


class Backlog(Protocol):
    """Something with work for the pool."""

    def take(self, *, free_workers: int, all_free: bool) -> Job | None:
        """Return the next job, or None where there is none left; called in the loop's thread, never raises."""


class WorkerPool:
    """A fixed number of threads, shared fairly by the backlogs of all models.

    `ready_jobs` lie ready for the next thread that is done: it need not wait until the loop, which may
    be reading a long request, has time to hand it one.
    """

    def __init__(self, threads: int, loop: asyncio.AbstractEventLoop, *, ready_jobs: int = 1) -> None:
        self.loop = loop
        self._ready_jobs = ready_jobs
        self._room = self._all_room = threads + ready_jobs
        self._backlogs: deque[Backlog] = deque()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"inference-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def offer(self, backlog: Backlog) -> None:
        """Have the pool take from `backlog` until it is empty."""
        if backlog not in self._backlogs:
            self._backlogs.append(backlog)
        self._hand_out()

    def close(self) -> None:
        """End the threads once their jobs are done."""
        for _ in self._threads:
            self._jobs.put(None)

    def _hand_out(self) -> None:
        while self._room and self._backlogs:
            backlog = self._backlogs.popleft()
            free_workers = max(1, self._room - self._ready_jobs)
            job = backlog.take(free_workers=free_workers, all_free=self._room == self._all_room)
            if job is None:
                continue
            self._backlogs.append(backlog)  # behind the others: one busy model does not starve them
            self._room -= 1
            self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._finished, _completed(job))
            del job  # an idle thread would keep its tensors

    def _finished(self, complete: Callable[[], None]) -> None:
        self._room += 1
        try:
            self._hand_out()  # first, so that no core waits while answers are written
        finally:
            complete()


def _completed(job: Job) -> Callable[[], None]:
    try:
        return job()
    except Exception:  # a thread that ended would be missed by all models
        logger.exception("A job ended with an error that it should have caught")
        return lambda: None
