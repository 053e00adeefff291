"""One HTTP request and the place of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serving.http.connection import Connection

JSON = b"application/json"
PLAIN_TEXT = b"text/plain; charset=utf-8"

_REASONS = {
    200: b"OK",
    204: b"No Content",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    411: b"Length Required",
    413: b"Content Too Large",
    414: b"URI Too Long",
    415: b"Unsupported Media Type",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
}


def head(status: int, content_type: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Status line and header lines of an answer, up to its length; made once, used for many."""
    lines = [b"HTTP/1.1 %d %s" % (status, _REASONS[status]), b"content-type: " + content_type]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in (headers or {}).items()]
    return b"\r\n".join(lines) + b"\r\n"


class Exchange:
    """A request that arrived whole; `respond` may be called at once or later, once.

    Header names are in lower case. `arrived` is seconds of the event loop's clock. `answer` is the
    bytes to send, or None as long as there are none: the connection sends answers in the order of
    the requests.
    """

    __slots__ = (
        "_connection", "answer", "arrived", "body", "closes", "headers", "is_head", "method", "path", "query", "status"
    )  # fmt: skip

    def __init__(self, connection: Connection, method: bytes, path: bytes, query: bytes) -> None:
        self._connection = connection
        self.method = method
        self.path = path
        self.query = query
        self.headers: dict[bytes, bytes] = {}
        self.body: bytes = b""
        self.arrived = 0.0
        self.closes = False
        self.is_head = False
        self.answer: bytes | None = None
        self.status = 0

    @property
    def gone(self) -> bool:
        """True once the client has closed its connection."""
        return self._connection.closed

    def respond(self, status: int, response_head: bytes, body: bytes) -> None:
        """Send an answer; `response_head` is of `head()`."""
        raise NotImplementedError


Handler = Callable[[Exchange], None]
