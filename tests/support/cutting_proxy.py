"""An HTTP proxy on loopback that fails at a chosen request: the network's part in a crash."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


def _nothing() -> None:
    pass


@dataclass
class Cut:
    """What to do at the first request that matches.

    Attributes:
        request: a pattern of "METHOD /path".
        forwarded: the server carries the request out.
        answered: the client gets the answer.
        then: called before the answer goes out (or is withheld).
    """

    request: str
    forwarded: bool = True
    answered: bool = True
    then: Callable[[], object] = _nothing
    done: threading.Event = field(default_factory=threading.Event)


class CuttingProxy:
    """Forwards to `upstream_port`; see `Cut` for how it fails, and `hold` for how it waits."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.cut: Cut | None = None
        self.requests: list[str] = []
        self._held: tuple[str, threading.Barrier] | None = None
        self._deciding = threading.Lock()

    def hold(self, request: str, parties: int) -> None:
        """Let requests that match go on only when `parties` of them have come; later ones pass."""
        self._held = (request, threading.Barrier(parties, timeout=30))

    def decide(self, request: str) -> Cut | None:
        """Note a request, wait if it is held, and give the cut that it triggers, once."""
        held = self._held
        if held and re.search(held[0], request):
            with suppress(threading.BrokenBarrierError):
                held[1].wait()
            self._held = None
        with self._deciding:
            self.requests.append(request)
            cut = self.cut
            if cut is None or cut.done.is_set() or not re.search(cut.request, request):
                return None
            cut.done.set()
            return cut


@contextmanager
def cutting_proxy(upstream_port: int) -> Iterator[tuple[CuttingProxy, str]]:
    """Run a proxy; yields it and its URL."""
    proxy = CuttingProxy(upstream_port)

    class Handler(_Forwarder):
        pass

    Handler.proxy = proxy
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Forwarder(BaseHTTPRequestHandler):
    proxy: CuttingProxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        cut = self.proxy.decide(f"{self.command} {self.path}")
        if cut is not None and not cut.forwarded:
            cut.then()
            self._hang_up()
            return
        try:
            answer = self._ask(body)
        except OSError:
            self._hang_up()
            return
        if cut is not None:
            cut.then()
        if cut is None or cut.answered:
            self._pass_on(*answer)
        else:
            self._hang_up()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _forward  # noqa: N815 (the base class's names)

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream_port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            connection.request(self.command, self.path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def _pass_on(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing on standard error."""
