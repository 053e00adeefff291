"""What the head of a request must say before its body is read.

Source: RFC 9112, sections 2.3, 3 and 6; RFC 9110, sections 7.8 and 10.1.1.
"""

from __future__ import annotations

from serving.http.exchange import Exchange
from serving.http.problems import HttpError

_SAFE_LENGTH_DIGITS = 6  # a body of a million bytes is within any bound that makes sense
_REMARKABLE = frozenset({b"connection", b"expect", b"transfer-encoding", b"upgrade"})


class _Ignored(dict[bytes, bytes]):
    """Headers that nobody keeps."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        """Keep nothing."""


IGNORED = _Ignored()


def is_ordinary(headers: dict[bytes, bytes]) -> bool:
    """Return whether nothing in a kept-alive request's head needs `check_framing`: nearly always."""
    return (
        _REMARKABLE.isdisjoint(headers)
        and b"host" in headers
        and len(headers.get(b"content-length", b"")) <= _SAFE_LENGTH_DIGITS
    )


def check_head(
    target: bytes, headers: dict[bytes, bytes], unfinished_bytes: int, most_bytes: int
) -> HttpError | None:
    """Return why a head is too long, or None; `unfinished_bytes` are known to be of one not complete yet."""
    most = f"at most {most_bytes} bytes"
    if len(target) > most_bytes:
        return HttpError(414, "The request's target is too long", expected=most, got="more")
    known = len(target) + sum(len(name) + len(value) + 4 for name, value in headers.items())
    if max(known, unfinished_bytes) > most_bytes:
        return HttpError(431, "The request's headers are too long", expected=most, got="more")
    return None


def check_framing(exchange: Exchange, version: str, most_body_bytes: int) -> HttpError | None:
    """Return why this request is refused, or None."""
    headers = exchange.headers
    if version not in ("1.1", "1.0"):
        return HttpError(505, "The version of HTTP is not spoken here", expected="HTTP/1.1", got=f"HTTP/{version}")
    if version == "1.1" and b"host" not in headers:
        return HttpError(400, "The request names no host", expected="a Host header", got="none")
    return _check_body(headers, version, most_body_bytes)


def without_upgrade(exchange: Exchange, version: str) -> bytes:
    """Write a request's head as it would be if it asked for no other protocol."""
    lines = [b"%s %s HTTP/%s" % (exchange.method, exchange.target, version.encode())]
    lines += [b"%s: %s" % item for item in exchange.headers.items() if item[0] != b"upgrade"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def too_large(most_bytes: int, got: str) -> HttpError:
    """Make the error of a body that is longer than the server reads."""
    return HttpError(
        413,
        "The request's body is too long",
        expected=f"at most {most_bytes} bytes",
        got=got,
        cure="Send the rows in several requests, or start the server with a larger --max-body-bytes.",
    )


def _check_body(headers: dict[bytes, bytes], version: str, most_bytes: int) -> HttpError | None:
    coding = headers.get(b"transfer-encoding")
    if coding is not None and version == "1.0":  # RFC 9112, 6.1: taken as a faulty framing
        return HttpError(400, "A request of HTTP/1.0 has no chunks", expected="Content-Length")
    if coding is not None and coding.lower() != b"chunked":
        got = coding.decode("latin-1")
        return HttpError(501, "The transfer coding is not read here", expected="chunked", got=got)
    length = headers.get(b"content-length")
    if length is not None and int(length) > most_bytes:
        return too_large(most_bytes, length.decode())
    if version == "1.1" and headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return HttpError(417, "The expectation cannot be met", expected="100-continue")
    return None
