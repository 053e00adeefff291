"""A gRPC server of real models in a thread of this process, and what speaks to it by hand."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeVar

import uvloop

from serving.grpc.http2.frames import PREFACE, SETTINGS, frame
from serving.grpc.limits import GrpcLimits
from serving.grpc.server import GrpcServer
from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.workers import WorkerPool
from serving.models.hosting import ModelHost
from serving.models.loading import Loader
from serving.models.repository import Repository
from serving.models.sources import ModelSource
from serving.observe.metrics import ServerMetrics

Result = TypeVar("Result")


class RunningServer:
    """The server, its event loop, and the port it listens on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.metrics = ServerMetrics()
        self.repository: Repository
        self.server: GrpcServer
        self.port = 0

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"127.0.0.1:{self.port}"

    def ask(self, question: Callable[[], Result]) -> Result:
        """Call something in the loop's thread."""

        async def asked() -> Result:
            return question()

        return asyncio.run_coroutine_threadsafe(asked(), self.loop).result(30)

    def sweep(self, seconds_later: float = 0.0) -> None:
        """Sweep as if it were so much later."""
        self.ask(lambda: self.server.sweep(monotonic() + seconds_later))

    async def start(
        self, models: dict[str, Path], limits: GrpcLimits, policy: QueuePolicy, **options: bool
    ) -> None:
        """Load the models and listen."""
        open_model = partial(open_engine, threads=1, cores=1, policy=policy)
        host = ModelHost(WorkerPool(1, self.loop), self.metrics, policy)
        sources = [ModelSource(name, str(place)) for name, place in models.items()]
        self.repository = Repository(sources, Loader(open_model), host)
        await self.repository.load_all()
        self.server = GrpcServer(self.repository, limits, rejected=self.metrics.rejected, **options)
        listening = await self.loop.create_server(self.server, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]


@contextmanager
def grpc_server(
    models: dict[str, Path], limits: GrpcLimits | None = None, policy: QueuePolicy | None = None, **options: bool
) -> Iterator[RunningServer]:
    """Serve bundles by name until the end of the block."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = RunningServer(loop)
    starting = running.start(models, limits or GrpcLimits(), policy or QueuePolicy(), **options)
    asyncio.run_coroutine_threadsafe(starting, loop).result(60)
    try:
        yield running
    finally:
        running.ask(running.server.close)
        asyncio.run_coroutine_threadsafe(running.repository.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class RawClient:
    """A client that sends any bytes and reads frames."""

    def __init__(self, port: int, *, greet: bool = True) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._buffer = b""
        if greet:
            self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *frames: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(b"".join(frames))

    def read(self) -> tuple[int, int, int, bytes] | None:
        """Return the next frame: type, flags, stream, payload; None at the connection's end."""
        head = self._exactly(9)
        if head is None:
            return None
        word, flags, stream_id = struct.unpack(">IBI", head)
        return word & 0xFF, flags, stream_id, self._exactly(word >> 8) or b""

    def read_until(self, kind: int, *, flags: int = 0) -> tuple[int, int, int, bytes]:
        """Return the next frame of a type, with at least those flags; fail at the connection's end."""
        while (found := self.read()) is not None:
            if found[0] == kind and found[1] & flags == flags:
                return found
        raise AssertionError(f"the connection ended without a frame of type {kind}")

    def read_all(self) -> list[tuple[int, int, int, bytes]]:
        """Return every frame up to the connection's end."""
        return list(iter(self.read, None))

    def _exactly(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self._buffer += more
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken
