"""A transport whose other end is memory: what is written is kept, closing tells the protocol as asyncio does."""

from __future__ import annotations

import asyncio
from typing import Any


class MemoryTransport(asyncio.Transport):
    """One protocol's transport; `written` is all that it has sent."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = loop
        self.protocol = protocol
        self.written = bytearray()
        self.paused = False
        self.closing = False
        self.lost = False
        self._waiting: list[bytes] = []
        protocol.connection_made(self)

    def feed(self, data: bytes) -> None:
        """Have the protocol receive bytes, once it reads; none after it has closed."""
        self._waiting.append(data)
        self._deliver()

    @property
    def unread(self) -> bool:
        """Tell whether the protocol has stopped reading and left bytes."""
        return bool(self._waiting) and not self.closing

    def end(self) -> None:
        """Have the protocol hear that the client sends no more, and that it is gone."""
        if not self.closing and not self.protocol.eof_received():
            self.close()

    def lose(self) -> None:
        """Cut the connection."""
        self.closing = True
        self._lose()

    def write(self, data: Any) -> None:
        """Keep what is sent."""
        if not self.closing:
            self.written += data

    def close(self) -> None:
        """Close, as soon as the loop turns."""
        if not self.closing:
            self.closing = True
            self._loop.call_soon(self._lose)

    def abort(self) -> None:
        """Close without sending the rest."""
        self.close()

    def is_closing(self) -> bool:
        """Tell whether it is closed."""
        return self.closing

    def write_eof(self) -> None:
        """Send no more."""

    def can_write_eof(self) -> bool:
        """Tell that one side may end."""
        return True

    def pause_reading(self) -> None:
        """Hold back what comes."""
        self.paused = True

    def resume_reading(self) -> None:
        """Let it through."""
        self.paused = False
        self._loop.call_soon(self._deliver)

    def get_write_buffer_size(self) -> int:
        """Return what is not sent yet: nothing."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take no notice: everything is sent at once."""

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Speak to another protocol from now on."""
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol."""
        return self.protocol

    def _deliver(self) -> None:
        while self._waiting and not self.paused and not self.closing:
            self.protocol.data_received(self._waiting.pop(0))

    def _lose(self) -> None:
        if not self.lost:
            self.lost = True
            self.protocol.connection_lost(None)
