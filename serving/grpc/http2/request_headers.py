"""Which headers make a request (RFC 9113, section 8)."""

from __future__ import annotations

import re

from serving.grpc.http2.fields import Headers

_REQUIRED = frozenset({b":method", b":scheme", b":path"})
_PSEUDO = _REQUIRED | {b":authority"}
_OF_A_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(rb"[^\x00\r\n]*")


def is_well_formed(headers: Headers) -> bool:
    """Say whether these are the headers of a request; the stream of others is reset.

    Pseudo-header fields come first, once each, and no unknown one (8.3.1); names are in lower case
    and values without line ends (8.2.1); nothing speaks of the connection (8.2.2).
    """
    seen: set[bytes] = set()
    regular = False
    for name, value in headers:
        if name[:1] == b":":
            if regular or name in seen or name not in _PSEUDO:
                return False
            seen.add(name)
        else:
            regular = True
            if not _is_regular_field(name, value):
                return False
    return seen >= _REQUIRED


def _is_regular_field(name: bytes, value: bytes) -> bool:
    return bool(
        _NAME.fullmatch(name)
        and _VALUE.fullmatch(value)
        and name not in _OF_A_CONNECTION
        and (name != b"te" or value == b"trailers")
    )
