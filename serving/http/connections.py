"""All open HTTP connections: counted, swept for slow clients, drained at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from serving.http.connection import Connection
from serving.http.date import CURRENT
from serving.http.exchange import Exchange
from serving.http.known_heads import KnownHeads
from serving.http.limits import HttpLimits

Http2 = Callable[[], asyncio.Protocol]


class Connections:
    """Makes the protocol object of each new client and keeps it until it is lost.

    `http2` makes the protocol for a client that opens with HTTP/2's preface, so that one port
    serves gRPC too. `answered` is told of every answer that is written,
    `rejected` the reason of every request that is refused before it is whole.
    """

    def __init__(
        self,
        dispatch: Callable[[Exchange], None],
        limits: HttpLimits,
        *,
        http2: Http2 | None = None,
        answered: Callable[[Exchange], None] | None = None,
        rejected: Callable[[str], None] | None = None,
    ) -> None:
        self._dispatch = dispatch
        self._limits = limits
        self._http2 = http2
        self._open: set[Connection] = set()
        self._winding_down = False
        self.known_heads = KnownHeads()
        self.answered = answered
        self.rejected = rejected

    def __call__(self) -> Connection:
        """Make a protocol, as `loop.create_server` asks for one."""
        connection = Connection(self, self._dispatch, self._limits)
        if self._winding_down:
            connection.wind_down()
        return connection

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Keep an open connection."""
        self._open.add(connection)

    def discard(self, connection: Connection) -> None:
        """Forget a connection that was lost."""
        self._open.discard(connection)

    @property
    def speaks_http2(self) -> bool:
        """True if HTTP/2 is spoken here too."""
        return self._http2 is not None

    def hand_over(self, connection: Connection, transport: asyncio.Transport, data: bytes) -> bool:
        """Give a client that speaks HTTP/2 to that protocol; return whether it is spoken."""
        if self._http2 is None:
            return False
        self.discard(connection)
        protocol = self._http2()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(data)
        return True

    def sweep(self, now: float) -> None:
        """Give up the clients that have taken too long; called each second or so."""
        CURRENT.refresh()
        for connection in tuple(self._open):
            connection.sweep(now)

    def wind_down(self) -> None:
        """Close every connection with its next answer, so that its client goes elsewhere."""
        self._winding_down = True
        for connection in self._open:
            connection.wind_down()

    def drain(self) -> None:
        """Let every connection end with the answer it waits for; idle ones at once."""
        self._winding_down = True
        for connection in tuple(self._open):
            connection.drain()
