"""What a connection has yet to send: one write for all that a turn of the event loop brings."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from serving.grpc.http2.errors import ConnectionFault, ErrorCode
from serving.grpc.http2.frames import LEAST_FRAME_BYTES, MOST_WINDOW

if TYPE_CHECKING:
    from serving.grpc.http2.stream import Stream

_WRITE_BYTES = 256 << 10  # of large messages, before the transport is asked whether it can take more
_FIRST_WINDOW = 65_535


class Outbox:
    """Frames to write, and the peer's windows (RFC 9113, section 5.2).

    `window` is the connection's, `stream_window` the initial one of every stream, `frame_bytes` the
    longest payload the peer takes. Add to `pieces` after `schedule()` if there were none.
    """

    __slots__ = (
        "_loop",
        "_transport",
        "frame_bytes",
        "paused_since",
        "pieces",
        "ready",
        "stream_window",
        "window",
    )

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self.pieces: list[bytes | memoryview] = []
        self.window = _FIRST_WINDOW
        self.stream_window = _FIRST_WINDOW
        self.frame_bytes = LEAST_FRAME_BYTES
        self.ready: deque[Stream] = deque()  # those whose rest may go on as far as the stream's window allows
        self.paused_since: float | None = None

    def schedule(self) -> None:
        """Write `pieces` in the next turn of the loop."""
        self._loop.call_soon(self.flush)

    def put(self, frame: bytes) -> None:
        """Send a frame that no window counts."""
        if not self.pieces:
            self.schedule()
        self.pieces.append(frame)

    def flush(self) -> None:
        """Write `pieces` now."""
        pieces = self.pieces
        if pieces:
            self.pieces = []
            if not self._transport.is_closing():
                self._transport.write(b"".join(pieces))

    def widen(self, increment: int) -> None:
        """Take a WINDOW_UPDATE of the connection.

        Raises:
            ConnectionFault: the window would exceed 2^31-1 (section 6.9.1).
        """
        self.window += increment
        if self.window > MOST_WINDOW:
            raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window exceeds 2^31-1")
        if self.ready:
            self.pump()

    def pause(self, now: float) -> None:
        """Wait until the transport has sent what it holds."""
        self.paused_since = now

    def resume(self) -> None:
        """Go on after `pause`."""
        self.paused_since = None
        self.pump()

    def pump(self) -> None:
        """Send what waits, a frame of each stream in turn, as far as windows and transport allow."""
        ready = self.ready
        unwritten = 0
        while ready and self.window > 0 and self.paused_since is None:
            stream = ready.popleft()
            sent = stream.send_frame()
            if sent:
                ready.append(stream)
            unwritten += sent
            if unwritten >= _WRITE_BYTES:
                self.flush()
                unwritten = 0
