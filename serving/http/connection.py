"""One client's HTTP/1.1 connection, from its first byte to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, cast

import httptools

from serving.http.exchange import Exchange
from serving.http.known_heads import KnownHead
from serving.http.limits import HttpLimits
from serving.http.pipeline import Pipeline
from serving.http.problems import HttpError
from serving.http.reader import RequestReader

if TYPE_CHECKING:
    from serving.http.connections import Connections

logger = logging.getLogger(__name__)

_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\n"
_LINGER_SECONDS = 2.0  # a refused client may still be sending: closing at once would lose it the answer


class Connection(RequestReader, asyncio.Protocol):
    """Takes bytes in; what `RequestReader` makes of them, `Pipeline` has answered."""

    _transport: asyncio.Transport

    def __init__(self, connections: Connections, dispatch: Callable[[Exchange], None], limits: HttpLimits) -> None:
        super().__init__(limits, connections.rejected)
        self._connections = connections
        self._dispatch = dispatch
        self._known_heads = connections.known_heads
        self._opening: bytes | None = b"" if connections.speaks_http2 else None  # None: it is no HTTP/2
        self._ends = inf
        self._unread = 0
        self._unread_until = inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._pipeline = Pipeline(
            self._transport,
            self._dispatch,
            most=self._limits.pipelined,
            answered=self._connections.answered,
            end=self._end,
        )
        self._connections.add(self)
        self.deadline = monotonic() + self._limits.head_seconds

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's name)
        """Forget the client; what it still waited for is gone."""
        self._pipeline.close()
        self._connections.discard(self)
        del self._parser  # which holds this connection: both would wait for the garbage collector

    def data_received(self, data: bytes) -> None:
        """Parse what came; every request that is whole is dispatched before this returns."""
        if self._refusing:
            return
        if self._opening is not None and not (data := self._past_opening(self._opening + data)):
            return
        self._now = monotonic()
        begins = not (self._read_bytes or self._draining)
        known = self._known_heads.find(data) if begins else None
        if known is not None:
            self._take_known(*known, data)
            return
        self._parse(data)
        whole, self._whole = self._whole, None
        if begins and whole is not None:
            self._known_heads.learn(data, whole)

    def _parse(self, data: bytes) -> None:
        self._read_bytes += len(data)
        before = self._exchange
        try:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._decline_upgrade(memoryview(data)[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            logger.exception("A request could not be taken")
            self._transport.abort()
        except httptools.HttpParserError as error:
            self._refuse(HttpError(400, f"The request cannot be read: {error}", cure="Send HTTP/1.1 (RFC 9112)."))
        if self._in_head:
            self._await_head()
        elif self._exchange is None:
            self._read_bytes = 0
            self.deadline = self._now + self._limits.idle_seconds
        else:
            self._await_body(self._exchange, before)

    def eof_received(self) -> bool:
        """Keep the connection for answers that are still due."""
        self._refusing = True
        self._lingers = False
        return self._pipeline.end_with_last()

    def pause_writing(self) -> None:
        """Read nothing more from a client that reads nothing."""
        self._pipeline.pause_writing()

    def resume_writing(self) -> None:
        """Go on reading."""
        self._pipeline.resume_writing()

    def sweep(self, now: float) -> None:
        """Give up a client that has taken too long over whatever it is at."""
        unread = self._transport.get_write_buffer_size()
        if unread != self._unread:
            self._unread = unread
            self._unread_until = now + self._limits.write_seconds
        if unread:
            if now >= self._unread_until:
                self._transport.abort()
        elif self._pipeline.holding or (len(self._pipeline) and not self._is_arriving()):
            self.deadline = now + self._limits.idle_seconds  # it is the client that waits
        elif now >= min(self.deadline, self._ends):
            self._give_up()

    def wind_down(self) -> None:
        """Close with the next answer."""
        self._draining = True

    def drain(self) -> None:
        """Answer what has begun to arrive, then close."""
        self._draining = True
        if self._refusing or self._in_head:
            return
        if self._exchange is not None:
            self._exchange.close()
        else:
            self._pipeline.end()

    def _take_known(self, head: KnownHead, body_start: int, data: bytes) -> None:
        exchange = Exchange(self._pipeline, head.method, head.target, head.headers)
        exchange.body = data[body_start:]
        exchange.arrived = self._now
        self.deadline = self._now + self._limits.idle_seconds
        self._pipeline.add(exchange)

    def _past_opening(self, opening: bytes) -> bytes:
        """Return what is to be parsed; a client that opens with HTTP/2's preface is handed over."""
        if opening.startswith(_HTTP2_PREFACE) and self._connections.hand_over(self, self._transport, opening):
            return b""
        if _HTTP2_PREFACE.startswith(opening):
            self._opening = opening
            return b""
        self._opening = None
        return opening

    def _is_arriving(self) -> bool:
        return not self._refusing and (self._in_head or self._exchange is not None)

    def _give_up(self) -> None:
        if self._is_arriving():
            self._refuse(HttpError(408, "The request did not arrive in time", cure="Send it again, and faster."))
        else:
            self._transport.close()

    def _end(self) -> None:
        self._refusing = True
        if self._lingers:  # RFC 9112, 9.6
            self._ends = monotonic() + _LINGER_SECONDS
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()
