"""Unary calls whose answer is a function of their message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError, Message

from serving.grpc.calls import Room, UnaryCall
from serving.grpc.failure import failure
from serving.grpc.head import CallHead, StartCall
from serving.grpc.http2.control import ConnectionState
from serving.grpc.messages import PREFIX_BYTES
from serving.grpc.status import OPENING, CallFault, Code

Handler = Callable[[Any], Message | Coroutine[Any, Any, Message]]  # from the request's message to the answer's

Method = tuple[type[Message], Handler]

_running: set[asyncio.Task[None]] = set()  # the event loop itself keeps no task alive


class SimpleCall(UnaryCall):
    """Answers by a handler, at once or when what it awaits is done, though the client may be gone by then."""

    __slots__ = ("_handler", "_message_type")

    def __init__(
        self, method: Method, room: Room, connection: ConnectionState, stream_id: int, head: CallHead
    ) -> None:
        super().__init__(room, connection, stream_id, head)
        self._message_type, self._handler = method

    def handle(self, data: bytes, start: int, end: int) -> None:
        """Read the message and answer it."""
        self.size = end - start
        try:
            message = self._message_type.FromString(data[start + PREFIX_BYTES : end])
        except DecodeError as error:
            raise CallFault(Code.INVALID_ARGUMENT, f"The message is no {self._message_type.__name__}.") from error
        try:
            answer = self._handler(message)
        except CallFault:
            raise
        except Exception as error:
            self._fail(error)
            return
        if isinstance(answer, Message):
            self.send_message(OPENING, answer.SerializeToString())
        else:
            task = asyncio.get_running_loop().create_task(self._answer_later(answer))
            _running.add(task)
            task.add_done_callback(_running.discard)

    async def _answer_later(self, answer: Awaitable[Message]) -> None:
        try:
            self.send_message(OPENING, (await answer).SerializeToString())
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        _, code, text, metadata = failure(error)
        self.refuse(code, text, metadata)


def simple(room: Room, message_type: type[Message], handler: Handler) -> StartCall:
    """Return what starts a call of `handler`."""
    return partial(SimpleCall, (message_type, handler), room)
