"""Bodies that came compressed.

Source: RFC 9110, section 8.4.1, "Content Codings".
"""

from __future__ import annotations

import zlib

from serving.errors import UnsupportedBodyError
from slipway.errors import InferenceError, RequestTooLargeError

_GZIP_BITS = 16 + zlib.MAX_WBITS
_CURE = "Send the body as it is, or compressed with gzip or deflate."


def decoded(body: bytes | bytearray, coding: bytes, most_bytes: int) -> bytes | bytearray:
    """Return a body as it was before its one content coding; never more than `most_bytes`.

    Raises:
        UnsupportedBodyError: the coding is neither gzip nor deflate.
        RequestTooLargeError: it is longer; no more than the bound is ever inflated.
        InferenceError: the body is not so compressed, ends early, or has something after its end.
    """
    name = coding.strip().lower()
    if name in (b"identity", b""):
        return body
    if name in (b"gzip", b"x-gzip"):
        return _inflated(bytes(body), _GZIP_BITS, most_bytes)
    if name == b"deflate":
        return _inflated(bytes(body), zlib.MAX_WBITS, most_bytes)
    raise UnsupportedBodyError(
        "The body's content coding is not read",
        expected="gzip or deflate",
        got=f"'{coding[:60].decode('latin-1')}'",
        cure=_CURE,
    )


def _inflated(body: bytes, bits: int, most_bytes: int) -> bytes:
    inflater = zlib.decompressobj(bits)
    try:
        content = inflater.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise _broken("compressed data", str(error)) from error
    if len(content) > most_bytes:
        raise RequestTooLargeError(
            "The request's body is too long once inflated",
            expected=f"at most {most_bytes} bytes",
            got="more",
            cure="Send the rows in several requests, or start the server with a larger --max-body-bytes.",
        )
    if not inflater.eof:
        raise _broken("a complete body", f"an end after {len(body)} compressed bytes")
    if inflater.unused_data:
        raise _broken("one compressed body", f"{len(inflater.unused_data)} more bytes")
    return content


def _broken(expected: str, got: str) -> InferenceError:
    return InferenceError("The compressed body cannot be read", expected=expected, got=got, cure=_CURE)
