"""One HTTP request and the place of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serving.http.connection import Connection

JSON = "application/json"

REQUEST_ID = b"x-request-id"
_CLOSE = b"connection: close\r\n"
_MOST_ID_BYTES = 128


def head(status: int, content_type: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Status line and header lines of an answer, up to its length; made once, used for many."""
    lines = [f"HTTP/1.1 {status} {_reason(status)}", f"content-type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


@lru_cache
def _reason(status: int) -> str:
    return HTTPStatus(status).phrase


class Exchange:
    """A request that arrived whole; `respond` is called once, at once or later.

    Header names are in lower case. `arrived` is seconds of the monotonic clock. `answer` is what
    goes onto the wire, or None as long as there is none: the connection sends answers in the order
    of the requests.
    """

    # Defaults of the class: most requests set none of these, and each costs time to set.
    arrived = 0.0
    body: bytes | bytearray = b""
    closes = False
    answer: bytes | None = None
    status = 0
    sent_bytes = 0

    def __init__(
        self, connection: Connection, method: bytes, path: bytes, query: bytes, headers: dict[bytes, bytes]
    ) -> None:
        self._connection = connection
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers

    @property
    def gone(self) -> bool:
        """True once the client has closed its connection."""
        return self._connection.closed

    @property
    def request_id(self) -> str | None:
        """The client's own name for this request, if it is fit to be repeated."""
        given = self.headers.get(REQUEST_ID)
        if given is None or len(given) > _MOST_ID_BYTES or not given.isascii():
            return None
        text = given.decode()
        return text if text.isprintable() else None

    def respond(self, status: int, response_head: bytes, body: bytes) -> None:
        """Answer with what `head()` made for this status, and a body; a second answer is ignored."""
        if self.answer is not None:
            return
        length = b"content-length: %d\r\n\r\n" % len(body)
        if self.closes or REQUEST_ID in self.headers:
            response_head += self._own_lines()
        self.status = status
        self.sent_bytes = len(body)
        self.answer = response_head + length + (b"" if self.method == b"HEAD" else body)
        self._connection.flush()

    def _own_lines(self) -> bytes:
        request_id = self.request_id
        named = f"x-request-id: {request_id}\r\n".encode() if request_id else b""
        return named + _CLOSE if self.closes else named
