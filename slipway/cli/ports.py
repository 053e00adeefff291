"""TCP ports of this machine: whether one is free, and who holds it."""

from __future__ import annotations

import errno
import socket

import psutil

from slipway.errors import EndpointError


def require_free_port(host: str, port: int) -> None:
    """Bind the port for a moment; 0 is always free.

    Raises:
        EndpointError: another process listens there; names it where the system tells. Any other
            refusal is left to whoever binds the port for good.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do, past TIME_WAIT
            probe.bind(address)
    except UnicodeError:
        return
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return
        raise EndpointError(
            f"Port {port} on {host} is in use",
            got=holder_of_port(port) or "a process this user cannot see",
            cure="End it, or serve on another port: --port 0 takes any free one.",
        ) from error


def holder_of_port(port: int) -> str:
    """Name and id of the process that listens on `port`; empty where the system does not tell."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:  # macOS asks for root
        return ""
    listening = (one for one in connections if one.status == psutil.CONN_LISTEN and _port(one.laddr) == port)
    pid = next((one.pid for one in listening if one.pid), None)
    if pid is None:
        return ""
    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return f"process {pid}"


def _port(address: object) -> int:
    return int(getattr(address, "port", 0))  # an unconnected socket's address is an empty tuple
