"""Models in this process, with the real engine, queue and counts behind them."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest

from serving.inference.batch import split
from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.workers import WorkerPool
from serving.models.fetching import fetch
from serving.models.hosting import ModelHost
from serving.models.loading import Loader, LoadPolicy
from serving.models.repository import Repository
from serving.models.sources import ModelSource
from serving.observe.metrics import ServerMetrics
from tests.support.tiny_bundle import tiny_bundle

OPEN = partial(open_engine, threads=1, cores=1, policy=QueuePolicy())


@pytest.fixture(scope="session")
def flights(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("bundles") / "flights")


@pytest.fixture
def load():
    def load(place, *, policy=None, **options):
        return Loader(OPEN, policy or LoadPolicy()).load(place, **options)

    return load


@pytest.fixture
def hosting():
    @asynccontextmanager
    async def hosting(*sources, fetch=fetch, **options):
        workers = WorkerPool(1, asyncio.get_running_loop())
        host = ModelHost(workers, ServerMetrics(), QueuePolicy())
        found = [ModelSource(name, str(place)) for name, place in sources]
        repository = Repository(found, Loader(OPEN), host, fetch=fetch, **options)
        try:
            yield repository
        finally:
            await repository.close()
            workers.close()

    return hosting


class Writer:
    """Gives each request its rows."""

    def write(self, requests, outputs):
        for request, own in zip(requests, split(requests, outputs), strict=True):
            request.reply.future.set_result([output.copy() for output in own])


class Reply:
    """One answer, awaited."""

    gone = False
    writer = Writer()

    def __init__(self):
        self.future = asyncio.get_running_loop().create_future()

    def fail(self, error):
        self.future.set_exception(error)


@pytest.fixture
def ask():
    """Ask a served model; the answer is a future."""

    def ask(model, **inputs):
        reply = Reply()
        model.queue.submit(model.plan.request(inputs, (), reply, 0.0))
        return reply.future

    return ask
