"""A socket to listen on, bound before anything slow begins: a taken port is told at once."""

from __future__ import annotations

import errno
import socket

from slipway.errors import EndpointError

_BACKLOG = 1024
_CURES = {
    errno.EADDRINUSE: "Stop the process that holds the port, or choose another; 0 takes any free one.",
    errno.EACCES: "Choose a port above 1023.",
    errno.EADDRNOTAVAIL: "Choose an address of this machine: 127.0.0.1, or 0.0.0.0 for all.",
}


def bind(host: str, port: int) -> socket.socket:
    """Bind a TCP socket, not yet listening; port 0 takes any free one.

    Raises:
        EndpointError: the port is taken, or the address is not this machine's.
    """
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
        bound.listen(_BACKLOG)
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
