"""One HTTP request and the place of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from serving.http.date import CURRENT
from serving.observe.request_id import HEADER as REQUEST_ID
from serving.observe.request_id import read_request_id

if TYPE_CHECKING:
    from serving.http.pipeline import Pipeline
    from serving.observe.spans import ModelRun

JSON = "application/json"

_CLOSE = b"connection: close\r\n"
KEEP_ALIVE = b"connection: keep-alive\r\n"


def head(status: int, content_type: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Status line and header lines of an answer, up to its length; made once, used for many."""
    lines = [f"HTTP/1.1 {status} {_reason(status)}", f"content-type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


@lru_cache
def _reason(status: int) -> str:
    return HTTPStatus(status).phrase


def _length_line(length: int) -> bytes:
    return b"content-length: %d\r\n\r\n" % length


_LENGTHS = tuple(map(_length_line, range(2048)))  # of most answers, whose head this line ends


class Exchange:
    """A request that arrived whole; `respond` is called once, at once or later.

    Header names are in lower case. `target` is the path and the query. `arrived` is seconds of the
    monotonic clock. `answer` is what goes onto the wire, or None as long as there is none: the
    connection sends answers in the order of the requests.
    """

    # Defaults of the class: most requests set none of these, and each costs time to set.
    arrived = 0.0
    body: bytes | bytearray = b""
    closes = False
    connection_line = b""
    answer: bytes | None = None
    status = 0
    run: ModelRun | None = None  # that answered, where somebody wants to tell of it
    sent_bytes = 0

    def __init__(self, pipeline: Pipeline, method: bytes, target: bytes, headers: dict[bytes, bytes]) -> None:
        self._pipeline = pipeline
        self.method = method
        self.target = target
        self.headers = headers

    @property
    def gone(self) -> bool:
        """True once the client has closed its connection."""
        return self._pipeline.closed

    @property
    def path(self) -> bytes:
        """The target up to its query."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """The target after its question mark."""
        return self.target.partition(b"?")[2]

    @property
    def request_id(self) -> str | None:
        """The client's own name for this request, if it is fit to be repeated."""
        return read_request_id(self.headers.get(REQUEST_ID))

    def close(self) -> None:
        """Make this the connection's last request."""
        self.closes = True
        self.connection_line = _CLOSE

    def respond(self, status: int, response_head: bytes, body: bytes) -> None:
        """Answer with what `head()` made for this status, and a body; a second answer is ignored."""
        if self.answer is not None:
            return
        if self.connection_line or REQUEST_ID in self.headers:
            response_head += self._own_lines()
        length = len(body)
        self.status = status
        self.sent_bytes = length
        ending = _LENGTHS[length] if length < len(_LENGTHS) else _length_line(length)
        self.answer = b"".join((response_head, CURRENT.line, ending, b"" if self.method == b"HEAD" else body))
        self._pipeline.flush()

    def _own_lines(self) -> bytes:
        request_id = self.request_id
        named = f"x-request-id: {request_id}\r\n".encode() if request_id else b""
        return named + self.connection_line
