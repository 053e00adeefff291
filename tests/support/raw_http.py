"""The server's HTTP connections on a real loop and real sockets, spoken to in bytes."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

import uvloop

from serving.http.connections import Connections, Http2
from serving.http.exchange import JSON, Exchange, head
from serving.http.limits import HttpLimits
from serving.http.router import Parameters, Router

LARGE = bytes(range(256)) * 4096  # a MiB: more than the sockets' buffers take
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}
_OK = head(200, JSON)
_SECONDS = 20.0  # nothing here takes that long; a test that waits so long has failed

T = TypeVar("T")


@dataclass
class Answer:
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One TCP connection to the site."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.socket.settimeout(_SECONDS)
        self._read = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def answer(self, *, to_head: bool = False) -> Answer:
        """Read the next answer."""
        while b"\r\n\r\n" not in self._read:
            self._receive()
        top, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").split("\r\n")
        headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if to_head else int(headers.get("content-length", 0))
        while len(self._read) < length:
            self._receive()
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(first.split()[1]), headers, body)

    def ask(self, data: bytes) -> Answer:
        """Send bytes and read the next answer."""
        self.send(data)
        return self.answer()

    def rest(self) -> bytes:
        """Read until the server closes."""
        try:
            while True:
                self._receive()
        except (EOFError, ConnectionError):
            return self._read

    def end_sending(self) -> None:
        """Close this side only."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Go away."""
        self.socket.close()

    def _receive(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError("the server closed the connection")
        self._read += data


@dataclass
class Site:
    """Connections with a few paths behind them; `asked` has every request that was dispatched."""

    loop: asyncio.AbstractEventLoop
    connections: Connections
    address: tuple[str, int]
    asked: list[Exchange] = field(default_factory=list)
    waiting: dict[str, Exchange] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    def client(self, receive_buffer: int | None = None) -> Client:
        """Connect."""
        connected = socket.socket()
        if receive_buffer is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connected.connect(self.address)
        self.clients.append(Client(connected))
        return self.clients[-1]

    def targets(self) -> list[str]:
        """The targets dispatched so far."""
        return [exchange.target.decode() for exchange in self.asked]

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call in the loop's thread."""
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(function(*arguments))
            except BaseException as error:
                result.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return result.result(_SECONDS)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Let the loop run until something holds."""
        end = monotonic() + _SECONDS
        while not self.call(condition):
            assert monotonic() < end, "it never came to that"

    def wait_for_asked(self, count: int) -> None:
        """Wait for so many requests to be dispatched."""
        self.wait_until(lambda: len(self.asked) >= count)

    def wait_for_open(self, count: int) -> None:
        """Wait for so many connections to be open."""
        self.wait_until(lambda: len(self.connections) == count)

    def release(self, name: str, body: bytes = b"late") -> None:
        """Answer the request for `/late/<name>`."""
        self.wait_until(lambda: name in self.waiting)
        self.call(lambda: self.waiting.pop(name).respond(200, _OK, body))

    def sweep(self, seconds_later: float) -> None:
        """Look for slow clients as if so many seconds had passed."""
        self.call(lambda: self.connections.sweep(monotonic() + seconds_later))

    def feed(self, *parts: bytes) -> bytes:
        """Have one connection receive exactly these parts, then the client's end; return what it wrote."""
        ours, theirs = socket.socketpair()
        made = self.loop.connect_accepted_socket(self.connections, theirs)
        transport, protocol = asyncio.run_coroutine_threadsafe(made, self.loop).result(_SECONDS)

        def receive() -> None:
            for part in parts:
                if not transport.is_closing():
                    protocol.data_received(part)

        self.call(receive)
        client = Client(ours)
        try:
            client.end_sending()
            return client.rest()
        finally:
            client.close()


def _router(site: list[Site]) -> Router:
    def now(_: Parameters, exchange: Exchange) -> None:
        exchange.respond(200, _OK, b"now")

    def echo(_: Parameters, exchange: Exchange) -> None:
        exchange.respond(200, _OK, bytes(exchange.body))

    def large(_: Parameters, exchange: Exchange) -> None:
        exchange.respond(200, _OK, LARGE)

    def late(parameters: Parameters, exchange: Exchange) -> None:
        site[0].waiting[parameters["name"]] = exchange

    def named(parameters: Parameters, exchange: Exchange) -> None:
        exchange.respond(200, _OK, parameters["name"].encode())

    def broken(_: Parameters, exchange: Exchange) -> None:
        raise RuntimeError("the secret of the server")

    router = Router()
    router.add("GET", "/now", now)
    router.add("POST", "/echo", echo)
    router.add("GET", "/large", large)
    router.add("GET", "/late/{name}", late)
    router.add("POST", "/late/{name}", late)
    router.add("GET", "/names/{name}", named)
    router.add("GET", "/names/{name}/ready", named)
    router.add("GET", "/broken", broken)
    return router


def _listening_socket() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 << 10)  # the kernel takes little of an answer
    listening.bind(("127.0.0.1", 0))
    return listening


@contextmanager
def site_on(
    kind: str,
    limits: HttpLimits | None = None,
    http2: Http2 | None = None,
    rejected: Callable[[str], None] | None = None,
) -> Iterator[Site]:
    """Serve on a loop of that kind in a thread of its own."""
    loop = LOOPS[kind]()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made: list[Site] = []
    router = _router(made)

    def dispatch(exchange: Exchange) -> None:
        made[0].asked.append(exchange)
        router.dispatch(exchange)

    connections = Connections(dispatch, limits or HttpLimits(), http2=http2, rejected=rejected)
    listening = loop.create_server(connections, sock=_listening_socket())
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(_SECONDS)
    site = Site(loop, connections, server.sockets[0].getsockname())
    made.append(site)
    try:
        yield site
    finally:
        for client in site.clients:
            client.close()
        site.call(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
