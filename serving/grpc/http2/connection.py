"""One client's connection: frames in, streams out of them (RFC 9113).

What a request is, and how it is answered, is not known here: a decoded header block becomes an
`Opener`, and that makes the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from serving.grpc.http2.control import Control, FrameHandler
from serving.grpc.http2.errors import ConnectionFault, ErrorCode, StreamFault
from serving.grpc.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADER_BYTES,
    HEADERS,
    MOST_STREAM_ID,
    PADDED,
    PREFACE,
    PRIORITIZED,
    SETTINGS,
    frame_header,
    unpadded,
    window_update_frame,
)
from serving.grpc.http2.header_blocks import HeaderBlocks, Headers
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.http2.outbox import Outbox
from serving.grpc.http2.stream import Stream


class Opener(Protocol):
    """What the headers of a request mean."""

    def open(self, connection: Connection, stream_id: int) -> Stream:
        """Begin the request.

        Raises:
            StreamFault: these are no headers of a request.
        """


class _Unfinished:
    """A header block whose CONTINUATION frames are still to come (section 6.10)."""

    __slots__ = ("block", "ended", "frames", "stream_id")

    def __init__(self, stream_id: int, block: bytes, ended: int) -> None:
        self.stream_id = stream_id
        self.block = block
        self.ended = ended
        self.frames = 0


class Connection(Control, asyncio.Protocol):
    """The server's end; make one for each client, and `serving.grpc.http2.patience.sweep` it.

    Feed it what the client sends from its first byte, also when another protocol received that.
    """

    def __init__(
        self,
        interpret: Callable[[Headers], Opener],
        limits: Http2Limits,
        on_closed: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        super().__init__(limits)
        self.blocks = HeaderBlocks(interpret, limits.header_bytes)
        self.now = monotonic()  # when the latest bytes arrived
        self._on_closed = on_closed
        self._buffer = b""
        self._unfinished: _Unfinished | None = None
        self._greeted = False
        self._unreturned = 0
        self._longest_head = limits.frame_bytes << 8 | 0xFF
        self._usual: dict[int, FrameHandler] = {
            **self.control_frames(),
            DATA: self._on_data,
            HEADERS: self._on_headers,
        }
        self._handlers: dict[int, FrameHandler] = {SETTINGS: self._on_first_settings}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client with our settings (section 3.4)."""
        self.transport = transport  # type: ignore[assignment]  # of a stream, as protocols on TCP get
        self.outbox = Outbox(self.transport, asyncio.get_running_loop())
        self.greet()

    def data_received(self, data: bytes) -> None:
        """Read the frames that are whole by now."""
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
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            stream.cancelled()
        self.outbox.ready.clear()
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
        """True in the middle of the preface, of a frame or of a header block."""
        return bool(self._buffer or self._unfinished or not self._greeted)

    def forget(self, stream_id: int) -> None:
        """Drop a stream that both sides have ended."""
        self.streams.pop(stream_id, None)
        if self.leaving:
            self.close_if_done()

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
            handler = self._handlers.get(head & 0xFF) or self._on_other
            try:
                handler(flags, stream_id & MOST_STREAM_ID, data, start, after)
            except StreamFault as fault:
                self.reset(fault)
                if not self.leaving:
                    self.guard.count_reset()
            position = after
        return position

    def _on_headers(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if flags & (PADDED | PRIORITIZED):
            start, end = unpadded(flags, data, start, end)
        block = data[start:end]
        if flags & END_HEADERS:
            self._on_block(stream_id, block, flags & END_STREAM)
        else:
            self._unfinished = _Unfinished(stream_id, block, flags & END_STREAM)
            self._handlers = {CONTINUATION: self._on_continuation}

    def _on_continuation(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        unfinished = self._unfinished
        if unfinished is None or unfinished.stream_id != stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of another stream")
        unfinished.block += data[start:end]
        unfinished.frames += 1
        self.guard.check_block(unfinished.frames, len(unfinished.block))
        if flags & END_HEADERS:
            self._unfinished = None
            self._handlers = self._usual
            self._on_block(stream_id, unfinished.block, unfinished.ended)

    def _on_block(self, stream_id: int, block: bytes, ended: int) -> None:
        # Read in any case: what follows may refer to it.
        opener = self.blocks.kept.get(block) or self.blocks.read(block)
        if stream_id <= self.last_stream:
            self._on_trailers(stream_id, ended)
            return
        if not stream_id & 1:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a request on a stream of even number")
        if self.leaving or len(self.streams) >= self.limits.streams:
            self.last_stream = self.last_stream if self.leaving else stream_id
            raise StreamFault(stream_id, ErrorCode.REFUSED_STREAM)
        self.last_stream = stream_id
        stream = opener.open(self, stream_id)
        self.streams[stream_id] = stream
        if ended:
            stream.ended = True
            stream.receive(b"", 0, 0, ended)

    def _on_trailers(self, stream_id: int, ended: int) -> None:
        stream = self._stream(stream_id)
        if stream is None:
            self.guard.count_idle_frame()
            return
        if stream.ended or not ended:
            raise StreamFault(stream_id, ErrorCode.STREAM_CLOSED if stream.ended else ErrorCode.PROTOCOL_ERROR)
        stream.ended = True
        stream.receive(b"", 0, 0, ended)

    def _on_data(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        size = end - start
        self._unreturned += size
        if self._unreturned >= self.limits.connection_window // 2:
            self.outbox.put(window_update_frame(0, self._unreturned))
            self._unreturned = 0
        stream = self.streams.get(stream_id) or self._stream(stream_id)
        if not size and not flags & END_STREAM:
            self.guard.count_idle_frame()
        if stream is None:
            return  # it was on its way when the stream was closed
        if stream.ended:
            raise StreamFault(stream_id, ErrorCode.STREAM_CLOSED)
        if flags & PADDED:
            start, end = unpadded(flags & PADDED, data, start, end)
        if flags & END_STREAM:
            stream.ended = True
        else:
            self._return_window(stream, size)
        stream.receive(data, start, end, flags & END_STREAM)

    def _return_window(self, stream: Stream, size: int) -> None:
        stream.received += size
        if stream.received >= self.limits.stream_window // 2:
            self.outbox.put(window_update_frame(stream.stream_id, stream.received))
            stream.received = 0

    def _on_first_settings(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        self._handlers = self._usual
        self.on_settings(flags, stream_id, data, start, end)

    def _on_other(self, *_: object) -> None:
        if self._handlers is not self._usual or self._unfinished:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "another frame than the one that must come")
        self.guard.count_idle_frame()  # an extension, section 5.5
