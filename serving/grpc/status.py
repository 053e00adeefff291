"""How a call ends: codes, messages and the headers that carry them.

Source: gRPC over HTTP/2, "Responses"; https://grpc.io/docs/guides/status-codes/.
"""

from __future__ import annotations

from enum import IntEnum
from urllib.parse import quote

from serving.grpc.http2.header_blocks import Block

CONTENT = ((":status", "200"), ("content-type", "application/grpc"))
_MOST_MESSAGE_BYTES = 4096  # encoded; clients bound what headers they read
_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")

Metadata = tuple[tuple[str, str], ...]


class Code(IntEnum):
    """Status codes of gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class CallFault(Exception):  # noqa: N818 - never leaves the package
    """A call cannot go on for a reason of the transport's own; becomes its status."""

    def __init__(self, code: Code, message: str, metadata: Metadata = ()) -> None:
        super().__init__(message)
        self.code = code
        self.metadata = metadata


OPENING = Block.of(CONTENT)
OK_TRAILERS = Block.of([("grpc-status", "0")], ends=True)


def trailers(code: Code, message: str, metadata: Metadata = ()) -> Block:
    """Headers that end a call after messages were sent."""
    return Block.of([*_status(code, message), *metadata], ends=True)


def trailers_only(code: Code, message: str, metadata: Metadata = ()) -> Block:
    """Headers that are a whole answer."""
    return Block.of([*CONTENT, *_status(code, message), *metadata], ends=True)


def _status(code: Code, message: str) -> Metadata:
    return (("grpc-status", str(int(code))), ("grpc-message", percent_encoded(message)))


def percent_encoded(message: str) -> str:
    """Encode a message for `grpc-message`: all but printable ASCII, and the percent sign itself."""
    encoded = quote(message, safe=_PRINTABLE, errors="replace")
    if len(encoded) <= _MOST_MESSAGE_BYTES:
        return encoded
    cut = encoded[:_MOST_MESSAGE_BYTES]
    return cut[: cut.rindex("%")] if "%" in cut[-2:] else cut
