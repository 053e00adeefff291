"""One request and its answer on a connection (RFC 9113, section 5.1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from serving.grpc.http2.errors import ErrorCode, StreamFault
from serving.grpc.http2.frames import DATA, END_STREAM, MOST_WINDOW, frame_header, rst_stream_frame

if TYPE_CHECKING:
    from serving.grpc.http2.control import ConnectionState
    from serving.grpc.http2.header_blocks import Block


class Rest:
    """What of an answer the peer's windows hold back.

    `sent_at` is when the last of it could go, `ready` says that it is in the outbox's queue.
    """

    __slots__ = ("closing", "messages", "ready", "sent_at")

    def __init__(self) -> None:
        self.messages: deque[memoryview] = deque()
        self.closing: Block | None = None
        self.ready = False
        self.sent_at = monotonic()


class Stream(ABC):
    """A stream that the client opened.

    `ended` says that the client has sent all, `gone` that nothing can be sent to it any more. An
    `endless` stream may stay open without either.
    """

    __slots__ = ("_rest", "_widened", "connection", "ended", "gone", "opened", "outbox", "received", "stream_id")

    endless = False

    def __init__(self, connection: ConnectionState, stream_id: int) -> None:
        self.connection = connection
        self.outbox = connection.outbox
        self.stream_id = stream_id
        self.opened = connection.now
        self.ended = False
        self.gone = False
        self.received = 0  # bytes that were not returned to the stream's window
        self._widened = 0
        self._rest: Rest | None = None

    @abstractmethod
    def receive(self, data: bytes, start: int, end: int, ended: int) -> None:
        """Take the body's next piece, `data[start:end]`, which is the last if `ended` is not 0."""

    def cancelled(self) -> None:
        """Hear that the client gave up, or is gone."""
        self.gone = True

    def respond(self, opening: Block, body: tuple[bytes, ...], size: int, closing: Block) -> None:
        """Send a whole answer: headers, a body of `size` bytes, trailers."""
        outbox = self.outbox
        if size > outbox.window or size > outbox.stream_window + self._widened or size > outbox.frame_bytes:
            self.begin(opening)
            self.send(b"".join(body))
            self.close(closing)
            return
        if self.gone:
            return
        outbox.window -= size
        if not outbox.pieces:
            outbox.schedule()
        name = self.stream_id.to_bytes(4, "big")
        data = frame_header.pack(size << 8, 0, self.stream_id)
        outbox.pieces += (
            opening.before, name, opening.fields, data, *body, closing.before, name, closing.fields
        )  # fmt: skip
        self._finish()

    def begin(self, opening: Block) -> None:
        """Send headers; messages follow, or not if the block ends the stream."""
        if not self.gone:
            self._put_block(opening)
            if opening.before[4] & END_STREAM:
                self._finish()

    def send(self, message: bytes) -> None:
        """Send a piece of the body, as soon as the windows allow."""
        if not self.gone:
            self._rest = self._rest or Rest()
            self._rest.messages.append(memoryview(message))
            self.go_on()

    def close(self, closing: Block) -> None:
        """Send trailers, after all that was sent before."""
        if self.gone:
            return
        if self._rest is not None:
            self._rest.closing = closing
        else:
            self._put_block(closing)
            self._finish()

    def widen(self, increment: int) -> None:
        """Take a WINDOW_UPDATE of this stream.

        Raises:
            StreamFault: the window would exceed 2^31-1 (section 6.9.1).
        """
        self._widened += increment
        if self.outbox.stream_window + self._widened > MOST_WINDOW:
            raise StreamFault(self.stream_id, ErrorCode.FLOW_CONTROL_ERROR)
        self.go_on()

    def go_on(self) -> None:
        """Send of what waits as much as the windows allow."""
        if self._rest is not None:
            if not self._rest.ready:
                self._rest.ready = True
                self.outbox.ready.append(self)
            self.outbox.pump()

    def waits_since(self) -> float | None:
        """Return when the client last took a part of an answer that waits for it."""
        return self._rest.sent_at if self._rest is not None else None

    def send_frame(self) -> int:
        """Send one frame of what waits; return its bytes, or 0 and leave the outbox's queue.

        Call with the connection's window above 0.
        """
        rest, outbox = self._rest, self.outbox
        if rest is None or self.gone:
            return 0
        message = rest.messages[0]
        size = min(len(message), outbox.window, outbox.stream_window + self._widened, outbox.frame_bytes)
        if size <= 0:
            rest.ready = False
            return 0
        self._put_data(message[:size])
        rest.sent_at = monotonic()
        if size < len(message):
            rest.messages[0] = message[size:]
            return size
        rest.messages.popleft()
        if not rest.messages:
            self._all_sent(rest)
        return size

    def _all_sent(self, rest: Rest) -> None:
        self._rest = None
        if rest.closing is not None:
            self._put_block(rest.closing)
            self._finish()

    def _put_data(self, piece: memoryview) -> None:
        size = len(piece)
        self.outbox.window -= size
        self._widened -= size
        self.outbox.put(frame_header.pack(size << 8 | DATA, 0, self.stream_id))
        self.outbox.pieces.append(piece)

    def _put_block(self, block: Block) -> None:
        self.outbox.put(block.before + self.stream_id.to_bytes(4, "big") + block.fields)

    def _finish(self) -> None:
        self.gone = True
        if not self.ended:
            # The answer is whole, and the rest of the request does not matter: section 8.1.
            self.outbox.put(rst_stream_frame(self.stream_id, ErrorCode.NO_ERROR))
        self.connection.forget(self.stream_id)
