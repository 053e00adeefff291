"""A socket to listen on, bound before anything slow begins: a taken port is told at once."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

from slipway.errors import EndpointError

BACKLOG = 1024
_LAST_PORT = 65535
_CURES = {
    errno.EADDRINUSE: "Stop the process that holds the port, or choose another; 0 takes any free one.",
    errno.EACCES: "Choose a port above 1023.",
    errno.EADDRNOTAVAIL: "Choose an address of this machine: 127.0.0.1, or 0.0.0.0 for all.",
}


class Listeners:
    """The sockets of one server: one for HTTP/1.1 and gRPC alike, and one for gRPC alone if wanted."""

    def __init__(self, host: str, port: int, grpc_port: int | None = None) -> None:
        """Bind; see `bind` for what is raised."""
        self._shared = bind(host, port)
        try:
            self._grpc = None if grpc_port is None else bind(host, grpc_port)
        except EndpointError:
            self._shared.close()
            raise

    @property
    def url(self) -> str:
        """`http://host:port`, with the real port."""
        return f"http://{address_of(self._shared)}"

    @property
    def grpc_address(self) -> str:
        """`host:port` where gRPC is spoken, with the real port."""
        return address_of(self._grpc or self._shared)

    async def open(
        self, *, http: Callable[[], asyncio.Protocol], grpc: Callable[[], asyncio.Protocol]
    ) -> list[asyncio.Server]:
        """Accept connections from now on.

        Raises:
            EndpointError: another process took a port between binding and listening.
        """
        loop = asyncio.get_running_loop()
        servers = []
        for bound, protocol in ((self._shared, http), (self._grpc, grpc)):
            if bound is not None:
                listen(bound)
                servers.append(await loop.create_server(protocol, sock=bound, backlog=BACKLOG))
        return servers

    def close(self) -> None:
        """Give the ports back."""
        for bound in (self._shared, self._grpc):
            if bound is not None:
                bound.close()


def bind(host: str, port: int) -> socket.socket:
    """Bind a TCP socket, not yet listening; port 0 takes any free one.

    Raises:
        EndpointError: the port is taken, or the address is not this machine's.
    """
    if not 0 <= port <= _LAST_PORT:  # the resolver takes the rest of a division by 65536
        raise cannot_listen(host, port, ValueError(f"ports go from 0 to {_LAST_PORT}"))
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError, OverflowError) as error:
        raise cannot_listen(host, port, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, OverflowError) as error:
        bound.close()
        raise cannot_listen(host, port, error) from error
    return bound


def listen(bound: socket.socket) -> None:
    """Accept connections from now on.

    Raises:
        EndpointError: another process took the port between binding and listening.
    """
    try:
        bound.listen(BACKLOG)
    except OSError as error:
        host, port = bound.getsockname()[:2]
        raise cannot_listen(host, port, error) from error


def address_of(bound: socket.socket) -> str:
    """`host:port` of a bound socket, with the real port."""
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if bound.family is socket.AF_INET6 else f"{host}:{port}"


def cannot_listen(host: str, port: int, error: Exception) -> EndpointError:
    """Make the error of an address that cannot be had."""
    number, reason = (error.errno or 0, error.strerror) if isinstance(error, OSError) else (0, None)
    return EndpointError(
        f"Cannot listen on {host} port {port}: {reason or error}",
        cure=_CURES.get(number, "Choose another address and port."),
    )
