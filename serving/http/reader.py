"""From the bytes of one connection to its requests.

Source: RFC 9112. Parsing is llhttp's, by way of httptools, with none of its leniencies on: what
two servers could read in two ways (a length and chunks, two lengths, a bare line feed) is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import httptools

from serving.http.exchange import KEEP_ALIVE, Exchange
from serving.http.framing import IGNORED, check_framing, check_head, is_ordinary, too_large, without_upgrade
from serving.http.limits import HttpLimits
from serving.http.pipeline import Pipeline
from serving.http.problems import HttpError, reason_of, respond_with_error


class RequestReader:
    """What httptools calls, in the order of a request; whole requests go to the pipeline."""

    _pipeline: Pipeline

    def __init__(self, limits: HttpLimits, rejected: Callable[[str], None] | None = None) -> None:
        self._limits = limits
        self._rejected = rejected  # told the reason of each refusal
        self._parser = httptools.HttpRequestParser(self)
        self._exchange: Exchange | None = None  # its head is complete, its body is not
        self._upgrading: Exchange | None = None
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._in_head = False
        self._read_bytes = 0  # since nothing was half-arrived
        self._whole: Exchange | None = None  # the last that arrived, until somebody has looked at it
        self._head_start = 0  # of them, when the head began; what was read with its first byte counts in
        self._body_start = 0
        self._now = 0.0
        self._draining = False  # whatever comes next is examined
        self._refusing = False  # whatever comes next is ignored
        self._lingers = False  # the client may not have sent all that it is going to
        self.deadline = inf  # for what has not arrived whole, or to begin

    def on_message_begin(self) -> None:
        """Start a request."""
        self._target = b""
        self._headers = {}
        self._in_head = True
        self._head_start = self._read_bytes

    def on_url(self, url: bytes) -> None:
        """Collect the target, which may come in pieces."""
        self._target = self._target + url if self._target else url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; one that is repeated makes a list (RFC 9110, 5.3)."""
        name = name.lower()
        if name in self._headers:
            value = self._joined(name, value)
        self._headers[name] = value

    def on_headers_complete(self) -> None:
        """Make the exchange, unless the head alone is reason to refuse it."""
        self._in_head = False
        self._exchange = exchange = Exchange(
            self._pipeline, self._parser.get_method(), self._target, self._headers
        )
        if self._read_bytes > self._limits.head_bytes:
            self._check_head()
        if self._draining or not (self._parser.should_keep_alive() and is_ordinary(self._headers)):
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
        """Have a whole request answered."""
        exchange, self._exchange = self._exchange, None
        if exchange is None or self._refusing:
            return
        exchange.arrived = self._now
        self._whole = exchange
        self._pipeline.add(exchange)

    def _decline_upgrade(self, rest: memoryview) -> None:
        """Read on as if no other protocol had been asked for (RFC 9110, 7.8); not so after CONNECT."""
        while self._upgrading is not None and not self._refusing:
            head = without_upgrade(self._upgrading, self._parser.get_http_version())
            self._upgrading = None
            self._parser = httptools.HttpRequestParser(self)
            self._parser.feed_data(head)
            try:
                self._parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            else:
                return
        if not self._refusing:
            self._refusing = self._lingers = True
            self._pipeline.end()

    def _await_head(self) -> None:
        if self._head_start == self._read_bytes:  # it began with what was just read
            self.deadline = self._now + self._limits.head_seconds
        self._check_head()

    def _await_body(self, exchange: Exchange, before: Exchange | None) -> None:
        if exchange is not before:
            self._body_start = self._read_bytes
            self.deadline = self._now + self._limits.body_seconds
        elif self._read_bytes - self._body_start > len(exchange.body) + self._limits.body_bytes:
            self._refuse(too_large(self._limits.body_bytes, "as much in chunk extensions and trailers"))

    def _check_head(self) -> None:
        unfinished = self._read_bytes - self._head_start if self._in_head else 0
        problem = check_head(self._target, self._headers, unfinished, self._limits.head_bytes)
        if problem is not None:
            self._refuse(problem)

    def _joined(self, name: bytes, value: bytes) -> bytes:
        joined = self._headers[name] + b", " + value
        if name == b"host":
            self._refuse(HttpError(400, "The request names several hosts", expected="one Host header", got="more"))
        elif len(joined) > self._limits.head_bytes:  # found out at once: joining goes by the square of the length
            self._headers[name] = joined
            self._check_head()
            return b""
        return joined

    def _examine(self, exchange: Exchange) -> None:
        if self._refusing:
            return
        if self._pipeline.is_ending:  # RFC 9112, 9.6: what follows the last request is not answered
            self._refusing = True
            return
        version = self._parser.get_http_version()
        problem = check_framing(exchange, version, self._limits.body_bytes)
        if problem is not None:
            self._refuse(problem)
            return
        if self._draining or not self._parser.should_keep_alive():
            exchange.close()
        elif version == "1.0":
            exchange.connection_line = KEEP_ALIVE
        self._prepare_body(exchange, version)

    def _prepare_body(self, exchange: Exchange, version: str) -> None:
        if self._parser.should_upgrade():
            self._upgrading, self._exchange = exchange, None
            return
        if b"transfer-encoding" in exchange.headers:
            self._headers = IGNORED  # trailers are no headers
        if b"expect" in exchange.headers and version == "1.1":
            self._pipeline.tell_to_continue()

    def _refuse(self, problem: Exception) -> None:
        if self._refusing or self._pipeline.closed:
            return
        self._refusing = self._lingers = True
        exchange = self._exchange or Exchange(self._pipeline, b"GET", b"/", {})
        self._exchange = None
        exchange.arrived = self._now
        exchange.close()
        self._pipeline.add_refused(exchange)
        respond_with_error(exchange, problem)
        if self._rejected is not None:
            self._rejected(reason_of(problem))
