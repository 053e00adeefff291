"""One client's connection: frames in, streams out of them (RFC 9113).

What a request is, and how it is answered, is not known here: a decoded header block becomes an
`Opener`, and that makes the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from serving.grpc.http2.errors import ConnectionFault, ErrorCode, StreamFault
from serving.grpc.http2.fields import Headers
from serving.grpc.http2.frames import HEADER_BYTES, MOST_STREAM_ID, PREFACE, frame_header
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.http2.outbox import Outbox
from serving.grpc.http2.requests import Opener, Requests


class Connection(Requests, asyncio.Protocol):
    """The server's end; make one for each client, and `serving.grpc.http2.patience.sweep` it.

    Feed it what the client sends from its first byte, also when another protocol received that.
    """

    def __init__(
        self,
        interpret: Callable[[Headers], Opener],
        limits: Http2Limits,
        on_closed: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        super().__init__(interpret, limits)
        self._on_closed = on_closed
        self._buffer = b""
        self._greeted = False
        self._longest_head = limits.frame_bytes << 8 | 0xFF

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client with our settings (section 3.4)."""
        self.transport = transport  # type: ignore[assignment]  # of a stream, as protocols on TCP get
        self.outbox = Outbox(self.transport, asyncio.get_running_loop())
        self.greet()

    def data_received(self, data: bytes) -> None:
        """Read the frames that are whole by now."""
        if self.failed:
            return
        self.now = monotonic()
        if self._buffer:
            data = self._buffer + data
        try:
            position = 0 if self._greeted else self._read_preface(data)
            position = self._read_frames(data, position)
        except ConnectionFault as fault:
            self.fail(fault)
            return
        self._buffer = data[position:] if position < len(data) else b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every stream that nobody waits for it."""
        del exc
        self.cancel_streams()
        self._on_closed(self)

    def pause_writing(self) -> None:
        """Read no further while the client does not: what it asks would only pile up."""
        self.outbox.pause(self.now)
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self.transport.resume_reading()
        self.outbox.resume()

    @property
    def is_reading(self) -> bool:
        """True in the middle of the greeting, of a frame or of a header block."""
        return bool(self._buffer or self.must_go_on or not self._greeted)

    def _read_preface(self, data: bytes) -> int:
        if data[: len(PREFACE)] != PREFACE[: len(data)]:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "no preface of HTTP/2")
        self._greeted = len(data) >= len(PREFACE)
        return len(PREFACE) if self._greeted else 0

    def _read_frames(self, data: bytes, position: int) -> int:
        end = len(data) if self._greeted else 0
        unpack = frame_header.unpack_from
        while position + HEADER_BYTES <= end:
            head, flags, stream_id = unpack(data, position)
            if head > self._longest_head:
                raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, f"a frame of {head >> 8} bytes")
            start = position + HEADER_BYTES
            after = start + (head >> 8)
            if after > end:
                break
            handler = self.handlers.get(head & 0xFF) or self.on_other
            try:
                handler(flags, stream_id & MOST_STREAM_ID, data, start, after)
            except StreamFault as fault:
                self.reset(fault)
                if not self.leaving:
                    self.guard.count_reset()
            position = after
        return position
