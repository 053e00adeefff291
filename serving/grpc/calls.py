"""Calls of one request message, and calls of many."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from serving.grpc.head import CallHead
from serving.grpc.http2.control import ConnectionState
from serving.grpc.http2.header_blocks import Block
from serving.grpc.http2.stream import Stream
from serving.grpc.limits import GrpcLimits
from serving.grpc.messages import PREFIX_BYTES, Budget, MessageBuffer, content, prefix
from serving.grpc.status import OK_TRAILERS, OPENING, CallFault, Code, Metadata, trailers, trailers_only
from serving.grpc.witness import CallWitness
from serving.observe.spans import ModelRun


@dataclass(frozen=True, slots=True)
class Room:
    """What calls of all connections share."""

    limits: GrpcLimits
    budget: Budget
    witness: CallWitness | None = None


class Call(Stream):
    """A stream whose body is messages.

    `size` is the bytes received where there is one message; `run` is the model's that answered it, if
    somebody asked for it.
    """

    __slots__ = ("_buffer", "_room", "head", "run", "size")

    def __init__(self, room: Room, connection: ConnectionState, stream_id: int, head: CallHead) -> None:
        super().__init__(connection, stream_id)
        self.head = head
        self._room = room
        self._buffer: MessageBuffer | None = None
        self.run: ModelRun | None = None
        self.size = 0

    def cancelled(self) -> None:
        """Hear that the client gave up, or is gone."""
        super().cancelled()
        self._drop_buffer()

    def refuse(self, code: Code, message: str, metadata: Metadata = ()) -> None:
        """Answer with a status and no message."""
        self._drop_buffer()
        if not self.gone:
            self.begin(self.head.with_id(trailers_only(code, message, metadata)))
            self._tell(code)

    def _add(self, data: bytes, start: int, end: int) -> MessageBuffer:
        if self._buffer is None:
            self._buffer = MessageBuffer(self._room.budget, self._room.limits.message_bytes)
        self._buffer.add(data, start, end)
        return self._buffer

    def _content(self, message: bytes) -> bytes:
        return content(message, self.head.encoding, self._room.limits.message_bytes)

    def _tell(self, code: Code, bytes_out: int = 0) -> None:
        if self._room.witness is not None:
            self._room.witness.tell(self, code, bytes_out)

    def _drop_buffer(self) -> None:
        if self._buffer is not None:
            self._buffer.release()
            self._buffer = None


class UnaryCall(Call):
    """A call of one request message, answered by one."""

    __slots__ = ()

    @abstractmethod
    def handle(self, data: bytes, start: int, end: int) -> None:
        """Answer the message `data[start:end]`, which begins with its prefix.

        Raises:
            CallFault: the call ends so.
        """

    def receive(self, data: bytes, start: int, end: int, ended: int) -> None:
        """Gather the message; answer it once the client has sent all."""
        if self.gone:
            return
        try:
            if ended and self._buffer is None and self._is_message(data, start, end):
                self.handle(data, start, end)
                return
            buffer = self._add(data, start, end)
            if ended:
                message = _only(buffer)
                self._drop_buffer()
                plain = self._content(message)
                self.handle(plain, 0, len(plain))
        except CallFault as fault:
            self.refuse(fault.code, str(fault), fault.metadata)

    def _is_message(self, data: bytes, start: int, end: int) -> bool:
        size = end - start - PREFIX_BYTES
        return (
            0 <= size <= self._room.limits.message_bytes
            and not data[start]
            and int.from_bytes(data[start + 1 : start + PREFIX_BYTES], "big") == size
        )

    def send_message(self, opening: Block, message: bytes) -> int:
        """Answer with a message in its serialized form; return its size with its prefix."""
        size = PREFIX_BYTES + len(message)
        self.send_body(opening, (prefix.pack(0, len(message)), message), size)
        return size

    def send_body(self, opening: Block, body: tuple[bytes, ...], size: int) -> None:
        """Answer with the pieces of a message and its prefix, of `size` bytes together."""
        if self.head.request_id is not None:
            opening = self.head.with_id(opening)
        self.respond(opening, body, size, OK_TRAILERS)
        if self._room.witness is not None:
            self._room.witness.tell(self, Code.OK, size)


class StreamingCall(Call):
    """A call of any number of messages each way."""

    __slots__ = ("_begun",)

    endless = True

    def __init__(self, room: Room, connection: ConnectionState, stream_id: int, head: CallHead) -> None:
        super().__init__(room, connection, stream_id, head)
        self._begun = False

    @abstractmethod
    def handle(self, message: bytes) -> None:
        """Take one message without its prefix.

        Raises:
            CallFault: the call ends so.
        """

    @abstractmethod
    def handle_end(self) -> None:
        """Hear that the client sends no more messages."""

    def receive(self, data: bytes, start: int, end: int, ended: int) -> None:
        """Hand on each message as soon as it is whole."""
        if self.gone:
            return
        try:
            buffer = self._add(data, start, end)
            while not self.gone and (message := buffer.take()) is not None:
                self.handle(self._content(message)[PREFIX_BYTES:])
            if ended:
                _check_end(buffer)
        except CallFault as fault:
            self.finish(fault.code, str(fault))
        if ended and not self.gone:
            self.handle_end()

    def send_message(self, message: bytes) -> None:
        """Send one message, in its serialized form."""
        if not self._begun:
            self._begun = True
            self.begin(self.head.with_id(OPENING))
        self.send(prefix.pack(0, len(message)) + message)

    def finish(self, code: Code = Code.OK, message: str = "") -> None:
        """End the call."""
        if not self._begun and code is not Code.OK:
            self.refuse(code, message)
            return
        self._drop_buffer()
        if not self._begun:
            self.begin(self.head.with_id(OPENING))
        self.close(OK_TRAILERS if code is Code.OK else trailers(code, message))
        self._tell(code)


def _only(buffer: MessageBuffer) -> bytes:
    message = buffer.take()
    if message is None or len(buffer):
        raise CallFault(Code.INVALID_ARGUMENT, "The call must have exactly one whole message.")
    return message


def _check_end(buffer: MessageBuffer) -> None:
    if len(buffer):
        raise CallFault(Code.INVALID_ARGUMENT, "The last message is cut short.")
