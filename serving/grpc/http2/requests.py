"""The frames that make requests: HEADERS, CONTINUATION and DATA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from serving.grpc.http2.control import ConnectionState, FrameHandler
from serving.grpc.http2.errors import ConnectionFault, ErrorCode, StreamFault
from serving.grpc.http2.fields import Headers
from serving.grpc.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PADDED,
    PRIORITIZED,
    SETTINGS,
    unpadded,
    window_update_frame,
)
from serving.grpc.http2.header_blocks import HeaderBlocks
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.http2.stream import Stream


class Opener(Protocol):
    """What the headers of a request mean."""

    def open(self, connection: ConnectionState, stream_id: int) -> Stream:
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


class Requests(ConnectionState):
    """Opens streams and feeds them; `handlers` has what may come next, by the frame's type."""

    def __init__(self, interpret: Callable[[Headers], Opener], limits: Http2Limits) -> None:
        super().__init__(limits)
        self.blocks = HeaderBlocks(interpret, limits.header_bytes)
        self._unfinished: _Unfinished | None = None
        self._unreturned = 0
        self._usual: dict[int, FrameHandler] = {
            **self.control_frames(),
            DATA: self._on_data,
            HEADERS: self._on_headers,
            CONTINUATION: self._on_continuation,
        }
        self.handlers: dict[int, FrameHandler] = {SETTINGS: self._on_first_settings}

    @property
    def must_go_on(self) -> bool:
        """True while only one type of frame may come: the first SETTINGS, or CONTINUATION."""
        return self.handlers is not self._usual

    def on_other(self, *_: object) -> None:
        """Ignore a frame of an unknown type, unless only one type may come (section 5.5)."""
        if self.must_go_on:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "another frame than the one that must come")
        self.guard.count_idle_frame()

    def _on_headers(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if flags & (PADDED | PRIORITIZED):
            start, end = unpadded(flags, data, start, end)
        block = data[start:end]
        if flags & END_HEADERS:
            self._on_block(stream_id, block, flags & END_STREAM)
        else:
            self._unfinished = _Unfinished(stream_id, block, flags & END_STREAM)
            self.handlers = {CONTINUATION: self._on_continuation}

    def _on_continuation(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        unfinished = self._unfinished
        if unfinished is None or unfinished.stream_id != stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of no open header block")
        unfinished.block += data[start:end]
        unfinished.frames += 1
        self.guard.check_block(unfinished.frames, len(unfinished.block))
        if flags & END_HEADERS:
            self._unfinished = None
            self.handlers = self._usual
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
        self.handlers = self._usual
        self.on_settings(flags, stream_id, data, start, end)
