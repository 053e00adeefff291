"""What the head of a request must say before its body is read.

Source: RFC 9112, sections 2.3, 3.2 and 6; RFC 9110, section 10.1.1.
"""

from __future__ import annotations

from serving.http.exchange import Exchange
from serving.http.problems import HttpError

_SAFE_LENGTH_DIGITS = 6  # a body of a million bytes is within any bound that makes sense
_REMARKABLE = frozenset({b"connection", b"expect", b"transfer-encoding", b"upgrade"})


def is_ordinary(headers: dict[bytes, bytes]) -> bool:
    """Return whether nothing in a kept-alive request's head needs `check_framing`: nearly always."""
    return (
        _REMARKABLE.isdisjoint(headers)
        and b"host" in headers
        and len(headers.get(b"content-length", b"")) <= _SAFE_LENGTH_DIGITS
    )


def check_framing(exchange: Exchange, version: str, most_body_bytes: int) -> HttpError | None:
    """Return why this request is refused, or None; may mark it as its connection's last."""
    headers = exchange.headers
    if version not in ("1.1", "1.0"):
        return HttpError(505, "The version of HTTP is not spoken here", expected="HTTP/1.1", got=f"HTTP/{version}")
    if b"host" not in headers and version == "1.1":
        return HttpError(400, "The request names no host", expected="a Host header", got="none")
    if headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        got = headers[b"transfer-encoding"].decode("latin-1")
        return HttpError(501, "The transfer coding is not read here", expected="chunked", got=got)
    if b"upgrade" in headers or exchange.method == b"CONNECT":
        exchange.closes = True  # what follows such a request is no HTTP/1.1
    length = headers.get(b"content-length")
    if length is not None and int(length) > most_body_bytes:
        return too_large(most_body_bytes, length.decode())
    if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return HttpError(417, "The expectation cannot be met", expected="100-continue")
    return None


def too_large(most_bytes: int, got: str) -> HttpError:
    """Make the error of a body that is longer than the server reads."""
    return HttpError(
        413,
        "The request's body is too long",
        expected=f"at most {most_bytes} bytes",
        got=got,
        cure="Send the rows in several requests, or start the server with a larger --max-body-bytes.",
    )
