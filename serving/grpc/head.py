"""The headers of a call (gRPC over HTTP/2, "Requests")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from serving.grpc.http2.control import ConnectionState
from serving.grpc.http2.errors import ErrorCode, StreamFault
from serving.grpc.http2.fields import Headers
from serving.grpc.http2.header_blocks import Block, size_of
from serving.grpc.http2.request_headers import is_well_formed
from serving.grpc.http2.requests import Opener
from serving.grpc.http2.stream import Stream
from serving.grpc.messages import ACCEPTED, ENCODINGS
from serving.grpc.status import CallFault, Code, trailers_only
from serving.observe.request_id import HEADER, read_request_id

_TIMEOUT = re.compile(rb"(\d{1,8})([HMSmun])")
_UNIT_SECONDS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


@dataclass(frozen=True, slots=True)
class CallHead:
    """What the headers say of a call, whatever its method; calls with the same headers share it."""

    start: StartCall
    path: str
    headers: Mapping[bytes, bytes]
    timeout_seconds: float = inf
    encoding: str = "identity"
    request_id: str | None = None

    def open(self, connection: ConnectionState, stream_id: int) -> Stream:
        """Begin the call."""
        return self.start(connection, stream_id, self)

    def with_id(self, block: Block) -> Block:
        """Add the request's own id, if it has one, to headers of its answer."""
        return block if self.request_id is None else block.and_also(HEADER.decode(), self.request_id)


StartCall = Callable[[ConnectionState, int, CallHead], Stream]


class CallHeads:
    """Reads headers for a server of `methods`, by path; calls of others are answered as they must be."""

    def __init__(self, methods: Mapping[str, StartCall], most_bytes: int) -> None:
        self._methods = {path.encode(): start for path, start in methods.items()}
        self._most_bytes = most_bytes

    def interpret(self, headers: Headers) -> Opener:
        """Return what begins, or refuses, the call."""
        if not is_well_formed(headers):
            return _Malformed()
        fields = dict(headers)
        if fields[b":method"] != b"POST":
            return _Refused(Block.of([(":status", "405"), ("allow", "POST")], ends=True))
        if not _is_grpc(fields.get(b"content-type", b"")):
            return _Refused(Block.of([(":status", "415")], ends=True))
        try:
            return self._head(headers, fields)
        except CallFault as fault:
            return _Refused(trailers_only(fault.code, str(fault), fault.metadata))

    def _head(self, headers: Headers, fields: dict[bytes, bytes]) -> CallHead:
        if size_of(headers) > self._most_bytes:
            message = f"The headers are too long: expected at most {self._most_bytes} bytes."
            raise CallFault(Code.RESOURCE_EXHAUSTED, message)
        start = self._methods.get(fields[b":path"])
        if start is None:
            path = fields[b":path"][:200].decode(errors="replace")
            raise CallFault(Code.UNIMPLEMENTED, f"This server has no method '{path}'.")
        return CallHead(
            start,
            fields[b":path"].decode(),
            fields,
            _seconds(fields.get(b"grpc-timeout")),
            _encoding(fields.get(b"grpc-encoding", b"identity")),
            read_request_id(fields.get(HEADER)),
        )


@dataclass(frozen=True, slots=True)
class _Malformed:
    def open(self, _: ConnectionState, stream_id: int) -> Stream:
        raise StreamFault(stream_id, ErrorCode.PROTOCOL_ERROR)


@dataclass(frozen=True, slots=True)
class _Refused:
    block: Block

    def open(self, connection: ConnectionState, stream_id: int) -> Stream:
        return _RefusedCall(connection, stream_id, self.block)


class _RefusedCall(Stream):
    """A call that is answered by headers alone, whatever its body is."""

    __slots__ = ("_block",)

    def __init__(self, connection: ConnectionState, stream_id: int, block: Block) -> None:
        super().__init__(connection, stream_id)
        self._block = block

    def receive(self, *_: object) -> None:
        self.begin(self._block)


def _is_grpc(content_type: bytes) -> bool:
    return content_type == b"application/grpc" or content_type.startswith(
        (b"application/grpc+proto", b"application/grpc;")
    )


def _encoding(name: bytes) -> str:
    encoding = name.decode(errors="replace")
    if encoding != "identity" and encoding not in ENCODINGS:
        message = f"The message's encoding is not supported: expected one of {ACCEPTED}, got '{encoding[:50]}'."
        raise CallFault(Code.UNIMPLEMENTED, message, (("grpc-accept-encoding", ACCEPTED),))
    return encoding


def _seconds(timeout: bytes | None) -> float:
    if timeout is None:
        return inf
    match = _TIMEOUT.fullmatch(timeout)
    if match is None:
        raise CallFault(Code.INVALID_ARGUMENT, "The grpc-timeout is malformed: expected as in '100m'.")
    return int(match[1]) * _UNIT_SECONDS[match[2]]
