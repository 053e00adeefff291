"""The server's protocols over real models on a loop of their own, with memory for a network."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from serving.grpc.limits import GrpcLimits
from serving.grpc.server import GrpcServer
from serving.http.connections import Connections
from serving.http.limits import HttpLimits
from serving.http.site import build_router
from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.workers import WorkerPool
from serving.models.hosting import ModelHost
from serving.models.loading import Loader
from serving.models.repository import Repository
from serving.models.sources import ModelSource
from serving.observe.metrics import ServerMetrics
from serving.platforms import SAGEMAKER_PATHS
from tests.support.echo_models import echoing
from tests.support.memory_transport import MemoryTransport
from tests.support.plain_models import save, scaling

_MOST_TURNS = 2000


class Stack:
    """Two models behind HTTP/1.1 and HTTP/2; `run` is one client's whole life."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._note)
        self._faults: list[object] = []
        self._models = self.loop.run_until_complete(self._load(folder))
        self._metrics = ServerMetrics()
        self._grpc = GrpcServer(self._models, GrpcLimits(message_bytes=1 << 16))
        router = build_router(
            self._models,
            self._metrics,
            allow_control=False,
            hosted=(SAGEMAKER_PATHS,),
            most_body_bytes=1 << 16,
        )
        limits = HttpLimits(head_bytes=4096, body_bytes=1 << 16)
        self._http = Connections(router.dispatch, limits, http2=self._grpc)

    def run_http(self, pieces: list[bytes]) -> bytes:
        """Send pieces to the port of both protocols, and the end; return all that came back."""
        return self.loop.run_until_complete(self._run(self._http, pieces))

    def run_http2(self, pieces: list[bytes]) -> bytes:
        """Send pieces to HTTP/2 alone, and the end; return all that came back."""
        return self.loop.run_until_complete(self._run(self._grpc, pieces))

    async def _run(self, protocols: Callable[[], asyncio.Protocol], pieces: list[bytes]) -> bytes:
        transport = MemoryTransport(self.loop, protocols())
        for piece in pieces:
            transport.feed(piece)
        await self._settle()
        assert not transport.unread, "the server reads no more, though all is answered"
        transport.end()
        await self._settle()
        transport.lose()
        await self._settle()
        assert not len(self._http), "a connection that was lost is kept"
        assert not self._grpc.open_connections, "a connection that was lost is kept"
        faults, self._faults = self._faults, []
        assert not faults, faults
        return bytes(transport.written)

    async def _settle(self) -> None:
        for turn in range(_MOST_TURNS):
            await asyncio.sleep(0 if turn < 100 else 0.001)  # a worker's thread may be at it
            if turn >= 4 and not any(model.queue.depth for model in self._models.served):
                return
        raise AssertionError("a request is never answered")

    async def _load(self, folder: Path) -> Repository:
        policy = QueuePolicy()
        save(folder / "pair.onnx", scaling(2.0))
        save(folder / "text.onnx", echoing("BYTES", "INT64", "BOOL"))
        opener = partial(open_engine, threads=1, cores=1, policy=policy)
        host = ModelHost(WorkerPool(1, asyncio.get_running_loop()), ServerMetrics(), policy)
        sources = [ModelSource(name, str(folder / f"{name}.onnx"), "1") for name in ("pair", "text")]
        models = Repository(sources, Loader(opener), host)
        errors = await models.load_all()
        assert not errors, errors
        return models

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        self._faults.append(context.get("exception") or context["message"])


@lru_cache(maxsize=1)
def stack() -> Stack:
    """Return the one stack of this process."""
    with tempfile.TemporaryDirectory() as folder:  # the models are in memory once they are loaded
        return Stack(Path(folder))
