"""The frames that speak of the connection, or end a stream: all but those of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from serving.grpc.http2.errors import ConnectionFault, ErrorCode, StreamFault
from serving.grpc.http2.frames import (
    ACK,
    GOAWAY,
    LEAST_FRAME_BYTES,
    MOST_STREAM_ID,
    MOST_WINDOW,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Setting,
    frame,
    goaway_frame,
    read_word,
    rst_stream_frame,
    setting_entry,
    settings_frame,
    window_update_frame,
)
from serving.grpc.http2.guard import Guard
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.http2.outbox import Outbox
from serving.grpc.http2.stream import Stream

FrameHandler = Callable[[int, int, bytes, int, int], None]  # flags, stream, data, start and end of the payload

_LONGEST_SENT = 64 << 10  # longer frames would hold up the other streams
_DEFAULT_WINDOW = 65_535
_DRAIN = b"draining"  # a PING's eight bytes


class ConnectionState:
    """State of a connection that any stream may ask for, and the peer's say in it.

    `leaving` says that no stream is opened any more; the connection closes with the last one. `now`
    is when the latest bytes arrived, of the monotonic clock.
    """

    transport: asyncio.Transport
    outbox: Outbox

    def __init__(self, limits: Http2Limits) -> None:
        self.limits = limits
        self.guard = Guard(limits)
        self.streams: dict[int, Stream] = {}
        self.last_stream = 0
        self.leaving = False
        self.failed = False
        self.now = monotonic()
        self.draining_since: float | None = None

    def control_frames(self) -> dict[int, FrameHandler]:
        """Return what handles which type of frame."""
        return {
            PRIORITY: self._on_priority,
            RST_STREAM: self._on_rst_stream,
            SETTINGS: self.on_settings,
            PUSH_PROMISE: self._on_push_promise,
            PING: self._on_ping,
            GOAWAY: self._on_goaway,
            WINDOW_UPDATE: self._on_window_update,
        }

    def greet(self) -> None:
        """Send our settings, and grant a larger window than the default (section 6.9.2)."""
        settings = {
            Setting.MAX_CONCURRENT_STREAMS: self.limits.streams,
            Setting.INITIAL_WINDOW_SIZE: self.limits.stream_window,
            Setting.MAX_FRAME_SIZE: self.limits.frame_bytes,
            Setting.MAX_HEADER_LIST_SIZE: self.limits.header_bytes,
        }
        self.outbox.put(settings_frame(settings))
        self.outbox.put(window_update_frame(0, self.limits.connection_window - _DEFAULT_WINDOW))

    def drain(self) -> None:
        """Take no new streams, and close after the last (section 6.8).

        What the client sent before it reads the first GOAWAY still counts, so the last stream is
        named after it answered a PING.
        """
        if self.draining_since is None and not self.failed:
            self.draining_since = monotonic()
            self.outbox.put(goaway_frame(MOST_STREAM_ID, ErrorCode.NO_ERROR))
            self.ping(_DRAIN)

    def leave(self) -> None:
        """Open no further stream, and close after the last."""
        if not self.leaving:
            self.leaving = True
            self.outbox.put(goaway_frame(self.last_stream, ErrorCode.NO_ERROR))
            self.close_if_done()

    def forget(self, stream_id: int) -> None:
        """Drop a stream that both sides have ended."""
        self.streams.pop(stream_id, None)
        if self.leaving:
            self.close_if_done()

    def close_if_done(self) -> None:
        """Close if no stream is open."""
        if not self.streams:
            self.outbox.flush()
            self.transport.close()

    def ping(self, content: bytes) -> None:
        """Ask the client to answer; `content` is eight bytes."""
        self.outbox.put(frame(PING, 0, 0, content))

    def fail(self, fault: ConnectionFault) -> None:
        """Tell the client what it broke, and end (section 5.4.1).

        What it still sends is read and dropped until it closes or the next sweep comes: closing over
        unread bytes would reset the connection, and the client would never read why.
        """
        self.leaving = self.failed = True
        self.outbox.put(goaway_frame(self.last_stream, fault.code, str(fault)))
        self.outbox.flush()
        self.cancel_streams()
        if not self.transport.is_closing():
            self.transport.write_eof()

    def cancel_streams(self) -> None:
        """Tell every stream that nobody waits for it."""
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            stream.cancelled()
        self.outbox.ready.clear()

    def reset(self, fault: StreamFault) -> None:
        """End one stream (section 5.4.2)."""
        self.outbox.put(rst_stream_frame(fault.stream_id, fault.code))
        self._drop(fault.stream_id)

    def on_settings(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        """Take the client's settings and say so (section 6.5)."""
        _of_connection(stream_id)
        size = end - start
        if size % setting_entry.size or (flags & ACK and size):
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "settings of a wrong length")
        self.guard.count_idle_frame()
        if flags & ACK:
            return
        for name, value in setting_entry.iter_unpack(data[start:end]):
            self._set(name, value)
        self.outbox.put(frame(SETTINGS, ACK, 0))

    def _set(self, name: int, value: int) -> None:
        if name == Setting.INITIAL_WINDOW_SIZE:
            if value > MOST_WINDOW:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "an initial window beyond 2^31-1")
            self.outbox.stream_window = value
            for stream in list(self.streams.values()):
                stream.go_on()
        elif name == Setting.MAX_FRAME_SIZE:
            if not LEAST_FRAME_BYTES <= value < 1 << 24:
                raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a frame size out of range")
            self.outbox.frame_bytes = min(value, _LONGEST_SENT)
        elif name == Setting.ENABLE_PUSH and value > 1:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is neither 0 nor 1")

    def _on_ping(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        _of_connection(stream_id)
        if end - start != 8:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a PING of another length than 8")
        self.guard.count_idle_frame()
        content = data[start:end]
        if not flags & ACK:
            self.outbox.put(frame(PING, ACK, 0, content))
        elif content == _DRAIN and self.draining_since is not None:
            self.leave()

    def _on_goaway(self, _flags: int, stream_id: int, _data: bytes, start: int, end: int) -> None:
        _of_connection(stream_id)
        if end - start < 8:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a GOAWAY of less than 8 bytes")
        self.leaving = True
        self.close_if_done()

    def _on_window_update(self, _flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        increment = read_word(data[start:end]) & MOST_WINDOW
        if not stream_id:
            if not increment:
                raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a window update by 0")
            self.outbox.widen(increment)
            return
        stream = self._stream(stream_id)
        if stream is not None:
            if not increment:
                raise StreamFault(stream_id, ErrorCode.PROTOCOL_ERROR)
            stream.widen(increment)

    def _on_rst_stream(self, _flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        read_word(data[start:end])
        self._stream(stream_id)
        self._drop(stream_id)
        self.guard.count_reset()

    def _on_priority(self, _flags: int, stream_id: int, _data: bytes, start: int, end: int) -> None:
        # Deprecated: section 5.3.2.
        if not stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "PRIORITY of no stream")
        self.guard.count_idle_frame()
        if end - start != 5:
            raise StreamFault(stream_id, ErrorCode.FRAME_SIZE_ERROR)

    def _on_push_promise(self, *_: object) -> None:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "clients do not push")

    def _stream(self, stream_id: int) -> Stream | None:
        """Return a stream unless it is closed already; one that never was is an error (section 5.1)."""
        if not stream_id or (stream_id > self.last_stream and not self.leaving):
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a frame of a stream that was not opened")
        return self.streams.get(stream_id)

    def _drop(self, stream_id: int) -> None:
        stream = self.streams.pop(stream_id, None)
        if stream is not None:
            stream.cancelled()
        if self.leaving:
            self.close_if_done()


def _of_connection(stream_id: int) -> None:
    if stream_id:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a frame of the connection on a stream")
