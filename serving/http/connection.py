"""One client's HTTP/1.1 connection: bytes in, requests out, answers back in order.

Source: RFC 9112. Parsing is llhttp's, by way of httptools, with none of its leniencies on: what
two servers could read in two ways (a length and chunks, two lengths, a bare line feed) is refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, cast

import httptools

from serving.http.exchange import Exchange
from serving.http.framing import check_framing, is_ordinary, too_large
from serving.http.limits import HttpLimits
from serving.http.problems import HttpError, respond_with_error

if TYPE_CHECKING:
    from serving.http.connections import Connections

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HTTP2_PREFACE = b"PRI * HTTP/2"
_LINGER_SECONDS = 2.0  # a refused client may still be sending: closing at once would lose it the answer


class Connection(asyncio.Protocol):
    """Reads requests and hands them to `dispatch`; writes answers in the order of the requests."""

    def __init__(self, connections: Connections, dispatch: Callable[[Exchange], None], limits: HttpLimits) -> None:
        self._connections = connections
        self._dispatch = dispatch
        self._answered = connections.answered
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Exchange] = deque()
        self._exchange: Exchange | None = None  # its head is complete, its body is not
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._in_head = False
        self._head_bytes = 0
        self._now = 0.0
        self._refusing = False
        self._draining = False
        self.closed = False
        self.deadline = inf  # when `sweep` gives the client up

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self.deadline = monotonic() + self._limits.head_seconds

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's name)
        """Forget the client; what it still waited for is gone."""
        self.closed = True
        self._waiting.clear()
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Parse what came; every request that is whole is dispatched before this returns."""
        if self._refusing:
            return
        if data.startswith(_HTTP2_PREFACE) and self._connections.hand_over(self, self._transport, data):
            return
        self._now = now = monotonic()
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refusing = True  # no other protocol is spoken: the request is answered in this one, the last
        except httptools.HttpParserError as error:
            self._refuse(HttpError(400, f"The request cannot be read: {error}", cure="Send HTTP/1.1 (RFC 9112)."))
        else:
            if self._in_head:
                self._check_head()
            elif self._exchange is None:
                self._head_bytes = 0
                self.deadline = now + self._limits.idle_seconds

    def eof_received(self) -> bool:
        """Keep the connection for answers that are still due."""
        self._refusing = True
        if self._waiting:
            self._waiting[-1].closes = True
        return bool(self._waiting)

    def pause_writing(self) -> None:
        """Read nothing more from a client that reads nothing."""
        self._transport.pause_reading()
        self.deadline = monotonic() + self._limits.write_seconds

    def resume_writing(self) -> None:
        """Go on reading."""
        self._transport.resume_reading()
        self.deadline = monotonic() + self._limits.idle_seconds

    # httptools, in the order of a request

    def on_message_begin(self) -> None:
        """Start a request."""
        self._target = b""
        self._in_head = True
        self.deadline = self._now + self._limits.head_seconds

    def on_url(self, url: bytes) -> None:
        """Collect the target, which may come in pieces."""
        self._target = self._target + url if self._target else url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; one that is repeated makes a list (RFC 9110, 5.3)."""
        name = name.lower()
        if name in self._headers:
            value = self._headers[name] + b", " + value
        self._headers[name] = value

    def on_headers_complete(self) -> None:
        """Make the exchange, unless the head alone is reason to refuse it."""
        path, _, query = self._target.partition(b"?")
        self._exchange = exchange = Exchange(self, self._parser.get_method(), path, query, self._headers)
        self._headers = {}  # trailers, which follow a body, are not headers
        self._in_head = False
        if self._head_bytes > self._limits.head_bytes:
            self._check_head()
        self.deadline = self._now + self._limits.body_seconds
        if self._draining or not (self._parser.should_keep_alive() and is_ordinary(exchange.headers)):
            self._examine(exchange)

    def on_body(self, body: bytes) -> None:
        """Collect the body, up to its bound."""
        exchange = self._exchange
        if exchange is None or self._refusing:
            return
        if not exchange.body:
            exchange.body = body
        elif isinstance(exchange.body, bytearray):
            exchange.body += body
        else:
            exchange.body = bytearray(exchange.body) + body
        if len(exchange.body) > self._limits.body_bytes:
            self._refuse(too_large(self._limits.body_bytes, "more"))

    def on_message_complete(self) -> None:
        """Dispatch a whole request."""
        exchange, self._exchange = self._exchange, None
        if exchange is None or self._refusing:
            return
        exchange.arrived = self._now
        self._waiting.append(exchange)
        if len(self._waiting) >= self._limits.pipelined:
            self._transport.pause_reading()
        self._dispatch(exchange)

    # answers

    def flush(self) -> None:
        """Write the answers that are due: none before those of earlier requests."""
        waiting = self._waiting
        if len(waiting) >= self._limits.pipelined:
            self._transport.resume_reading()
        while waiting and (answer := waiting[0].answer) is not None:
            exchange = waiting.popleft()
            self._transport.write(answer)
            if self._answered is not None:
                self._answered(exchange)
            if exchange.closes:
                self._end()
                return

    # the server's own wishes

    def sweep(self, now: float) -> None:
        """Give up a client that has taken too long over whatever it is at."""
        if now < self.deadline:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        elif self._refusing or not (self._in_head or self._exchange or self._waiting):
            self._transport.close()
        elif not self._waiting or self._exchange:
            self._refuse(HttpError(408, "The request did not arrive in time", cure="Send it again, and faster."))

    def wind_down(self) -> None:
        """Close with the next answer."""
        self._draining = True

    def drain(self) -> None:
        """Answer what has begun to arrive, then close."""
        self._draining = True
        if self._exchange is not None:
            self._exchange.closes = True
        elif self._waiting:
            self._waiting[-1].closes = True
        elif not self._in_head:
            self._transport.close()

    def _examine(self, exchange: Exchange) -> None:
        exchange.closes = self._draining or not self._parser.should_keep_alive()
        problem = check_framing(exchange, self._parser.get_http_version(), self._limits.body_bytes)
        if problem is not None:
            self._refuse(problem)
        elif b"expect" in exchange.headers and not self._waiting:
            self._transport.write(_CONTINUE)

    def _check_head(self) -> None:
        head_bytes = len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._head().items())
        if head_bytes > self._limits.head_bytes or (self._in_head and self._head_bytes > self._limits.head_bytes):
            most = f"at most {self._limits.head_bytes} bytes"
            self._refuse(HttpError(431, "The request's headers are too long", expected=most, got="more"))

    def _head(self) -> dict[bytes, bytes]:
        return self._exchange.headers if self._exchange else self._headers

    def _refuse(self, problem: Exception) -> None:
        if self._refusing or self.closed:
            return
        self._refusing = True
        exchange = self._exchange or Exchange(self, b"GET", b"/", b"", {})
        exchange.closes = True
        self._exchange = None
        self._waiting.append(exchange)
        respond_with_error(exchange, problem)

    def _end(self) -> None:
        if not self._refusing:
            self._transport.close()
            return
        self.deadline = monotonic() + _LINGER_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()
