"""Heads of requests that were parsed before: a client sends the same bytes again and again.

What llhttp makes of a head follows from its bytes alone, so a head that begins a message and was
parsed once says the same each time it comes again.
"""

from __future__ import annotations

from typing import NamedTuple

from serving.http.exchange import Exchange
from serving.http.framing import is_ordinary

_END = b"\r\n\r\n"
_MOST_KEPT = 256
_MOST_BYTES = 2048
_NEVER_AGAIN = frozenset({b"x-request-id", b"traceparent"})  # each request has another


class KnownHead(NamedTuple):
    """What a head says; nobody may change `headers`. The body has `body_bytes` and is not chunked."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    body_bytes: int


class KnownHeads:
    """Shared by all connections of a server."""

    def __init__(self) -> None:
        self._heads: dict[bytes, KnownHead] = {}

    def find(self, data: bytes) -> tuple[KnownHead, int] | None:
        """Return the head of `data` and where its body begins, if it is known and `data` one whole request."""
        start = data.find(_END) + len(_END)
        head = self._heads.get(data[:start])
        if head is None or len(data) != start + head.body_bytes:
            return None
        return head, start

    def learn(self, data: bytes, exchange: Exchange) -> None:
        """Know the head of `data` from now on, if `exchange`, parsed from it, is all that `data` is."""
        start = data.find(_END) + len(_END)
        body, headers = exchange.body, exchange.headers
        if data[start:] != body or start > _MOST_BYTES:
            return
        if exchange.closes or not is_ordinary(headers) or not _NEVER_AGAIN.isdisjoint(headers):
            return
        if len(self._heads) >= _MOST_KEPT:
            self._heads.clear()
        self._heads[data[:start]] = KnownHead(exchange.method, exchange.target, headers, len(body))
