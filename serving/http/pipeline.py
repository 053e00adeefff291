"""The requests of one connection on their way to their answers.

Source: RFC 9112, section 9.3.2: answers leave in the order of the requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from serving.http.exchange import Exchange

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Pipeline:
    """Dispatches requests, and writes each answer once those before it are written.

    Requests are held back while `most` wait, or while the client leaves answers unread: one read
    can bring thousands of requests, and each may have a large answer.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        dispatch: Callable[[Exchange], None],
        *,
        most: int,
        answered: Callable[[Exchange], None] | None,
        end: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._dispatch = dispatch
        self._most = most
        self._answered = answered  # told of each answer that is written
        self._end = end  # called after the answer that is the connection's last
        self._waiting: deque[Exchange] = deque()
        self._held: deque[Exchange] = deque()  # the last of those waiting, not dispatched yet
        self._unread = False
        self._releasing = False
        self.holding = False
        self.closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_ending(self) -> bool:
        """True if the last request that waits is the connection's last."""
        return bool(self._waiting) and self._waiting[-1].closes

    def add(self, exchange: Exchange) -> None:
        """Have a whole request answered, when its turn comes."""
        self._waiting.append(exchange)
        if self.holding:
            self._held.append(exchange)
            return
        if len(self._waiting) >= self._most:
            self._hold()
        self._dispatch(exchange)

    def add_refused(self, exchange: Exchange) -> None:
        """Take a request that is not dispatched but answered by whoever adds it."""
        self._waiting.append(exchange)

    def tell_to_continue(self) -> None:
        """Ask for a body that the client keeps back; it comes anyway where other answers are due first."""
        if not self._waiting:
            self._transport.write(_CONTINUE)

    def flush(self) -> None:
        """Write the answers that are due."""
        waiting = self._waiting
        while waiting and (answer := waiting[0].answer) is not None:
            exchange = waiting.popleft()
            self._transport.write(answer)
            if self._answered is not None:
                self._answered(exchange)
            if exchange.closes:
                self._clear()
                self._end()
                return
        if self.holding:
            self._release()

    def end_with_last(self) -> bool:
        """Let the last answer that is due be the connection's last; return whether any is due."""
        if self._waiting:
            self._waiting[-1].close()
        return bool(self._waiting)

    def end(self) -> None:
        """End the connection with the last answer that is due, or at once."""
        if not self.end_with_last():
            self._end()

    def close(self) -> None:
        """Forget what waits: the client is gone."""
        self.closed = True
        self._end = _ended  # the connection's, which holds this pipeline
        self._clear()

    def pause_writing(self) -> None:
        """Do nothing more for a client that reads nothing."""
        self._unread = True
        self._hold()

    def resume_writing(self) -> None:
        """Go on."""
        self._unread = False
        self._release()

    def _hold(self) -> None:
        self.holding = True
        self._transport.pause_reading()

    def _release(self) -> None:
        if self._releasing:  # a request let go below was answered at once
            return
        self._releasing = True
        while self._held and not self._is_full():
            self._dispatch(self._held.popleft())
        self._releasing = False
        if not self._is_full():
            self.holding = False
            self._transport.resume_reading()

    def _is_full(self) -> bool:
        return self._unread or len(self._waiting) - len(self._held) >= self._most

    def _clear(self) -> None:
        self._waiting.clear()
        self._held.clear()


def _ended() -> None:
    """End nothing: the connection is gone."""
