"""Threads shared by the backlogs of all models."""

import asyncio
import gc
import threading
import weakref
from contextlib import asynccontextmanager
from functools import partial

import pytest

from serving.inference.workers import WorkerPool


class Line:
    """Jobs in order; remembers what the pool said when it took one, and in which thread each ran."""

    def __init__(self, name, jobs, finished):
        self.name = name
        self.jobs = list(jobs)
        self.taken = []
        self._finished = finished

    def take(self, *, free_workers, all_free):
        if not self.jobs:
            return None
        self.taken.append((free_workers, all_free))
        job = self.jobs.pop(0)

        def run():
            job()
            return lambda: self._finished.append(self.name)

        return run


@asynccontextmanager
async def pool_of(threads, ready_jobs=0):
    pool = WorkerPool(threads, asyncio.get_running_loop(), ready_jobs=ready_jobs)
    try:
        yield pool
    finally:
        pool.close()
        for thread in pool._threads:
            await asyncio.to_thread(thread.join, 20)
            assert not thread.is_alive()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


def nothing():
    pass


def test_two_backlogs_take_turns():
    async def check():
        finished, gate = [], threading.Event()
        first, second = Line("a", [gate.wait, *[nothing] * 3], finished), Line("b", [nothing] * 4, finished)
        async with pool_of(1) as pool:
            pool.offer(first)
            pool.offer(second)
            gate.set()
            await until(lambda: len(finished) == 8)
        assert finished == ["a", *["a", "b"] * 3, "b"]  # a had begun and was in line again before b came

    asyncio.run(check())


def test_a_backlog_hears_how_many_workers_are_free():
    async def check():
        finished, gate = [], threading.Event()
        line = Line("a", [gate.wait] * 4, finished)
        async with pool_of(3) as pool:
            pool.offer(line)
            assert line.taken == [(3, True), (2, False), (1, False)]
            gate.set()
            await until(lambda: len(finished) == 4)
            line.jobs.append(nothing)
            pool.offer(line)
            await until(lambda: len(finished) == 5)
            assert line.taken[-1] == (3, True)

    asyncio.run(check())


def test_a_thread_that_is_done_finds_a_job_ready_while_the_loop_is_busy():
    async def check():
        finished, begun = [], [threading.Event(), threading.Event()]
        line = Line("a", [event.set for event in begun], finished)
        async with pool_of(1, ready_jobs=1) as pool:
            pool.offer(line)
            assert line.taken == [(1, True), (1, False)]
            assert begun[1].wait(20)  # this is the loop's own thread: it handed out nothing meanwhile
            assert finished == []
            await until(lambda: len(finished) == 2)
            assert line.taken[-1] == (1, False)

    asyncio.run(check())


def test_jobs_run_in_threads_and_their_results_in_the_loops():
    async def check():
        threads = []

        class Once:
            taken = False

            def take(self, **_):
                taken, self.taken = self.taken, True
                return None if taken else self.run

            def run(self):
                threads.append(threading.current_thread())
                return lambda: threads.append(threading.current_thread())

        async with pool_of(1) as pool:
            pool.offer(Once())
            await until(lambda: len(threads) == 2)
        assert threads[0].name == "inference-0"
        assert threads[1] is threading.main_thread()

    asyncio.run(check())


def test_a_backlog_offered_twice_is_not_served_twice_as_often():
    async def check():
        finished, gate = [], threading.Event()
        first, second = Line("a", [gate.wait, *[nothing] * 3], finished), Line("b", [nothing] * 3, finished)
        async with pool_of(1) as pool:
            for line in (first, second, first, first, second):
                pool.offer(line)
            gate.set()
            await until(lambda: len(finished) == 7)
        assert finished == ["a", *["a", "b"] * 3]

    asyncio.run(check())


def test_a_job_that_raises_costs_neither_its_thread_nor_its_worker(caplog):
    def broken():
        raise RuntimeError("broken")

    async def check():
        finished = []
        line = Line("a", [broken, broken, nothing, broken, nothing], finished)
        async with pool_of(2) as pool:
            pool.offer(line)
            await until(lambda: len(finished) == 2)
            await until(lambda: pool._room == 2)
            assert all(thread.is_alive() for thread in pool._threads)

    asyncio.run(check())
    assert caplog.text.count("should have caught") == 3


def test_a_result_that_raises_costs_no_worker():
    async def check():
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        finished = []

        class Broken:
            jobs = 2

            def take(self, **_):
                self.jobs -= 1
                return (lambda: self.fail) if self.jobs >= 0 else None

            def fail(self):
                raise RuntimeError("broken")

        async with pool_of(1) as pool:
            pool.offer(Broken())
            pool.offer(Line("a", [nothing], finished))
            await until(lambda: finished and len(told) == 2)

    asyncio.run(check())


def test_a_backlog_that_raises_does_not_cost_another_its_answer():
    class Broken:
        def take(self, **_):
            raise RuntimeError("broken")

    async def check():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        finished, gate = [], threading.Event()
        line = Line("a", [gate.wait, nothing], finished)
        async with pool_of(1) as pool:
            pool.offer(line)
            pool._backlogs.appendleft(Broken())
            gate.set()
            await until(lambda: finished == ["a"])
            pool.offer(line)
            await until(lambda: finished == ["a", "a"])

    asyncio.run(check())


def test_an_idle_thread_holds_nothing_of_its_last_job():
    class Large:
        """Stands for a request's tensors."""

    async def check():
        finished = []
        large = Large()
        held = weakref.ref(large)
        async with pool_of(1) as pool:
            pool.offer(Line("a", [partial(id, large)], finished))
            del large
            await until(lambda: finished)
            gc.collect()
            await until(lambda: held() is None)

    asyncio.run(check())


def test_jobs_that_were_handed_out_are_done_before_the_threads_end():
    async def check():
        done, gate = [], threading.Event()
        pool = WorkerPool(1, asyncio.get_running_loop())
        pool.offer(Line("a", [lambda: (gate.wait(20), done.append(1))], []))
        pool.close()
        gate.set()
        await asyncio.to_thread(pool._threads[0].join, 20)
        assert done == [1]

    asyncio.run(check())


@pytest.mark.parametrize("threads", [1, 3])
def test_a_loop_that_is_closed_does_not_trouble_a_thread(threads, caplog):
    loop = asyncio.new_event_loop()
    gate = threading.Event()
    pool = WorkerPool(threads, loop)
    pool.offer(Line("a", [lambda: gate.wait(20)] * threads, []))
    loop.close()
    gate.set()
    pool.close()
    for thread in pool._threads:
        thread.join(20)
        assert not thread.is_alive()
    assert not caplog.text
