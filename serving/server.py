"""The process: a bound socket, uvicorn over it, and an end that finishes what was begun."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

from slipway.errors import EndpointError

DRAIN_SECONDS = 30
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_BIND_CURES = {
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
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _cannot_listen(host, port, error) from error
    return bound


def url_of(bound: socket.socket) -> str:
    """`http://host:port` of a bound socket, with the real port."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if bound.family is socket.AF_INET6 else f"http://{host}:{port}"


def serve(app: ASGIApp, bound: socket.socket, *, listening: Callable[[], None], drain_seconds: int) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was begun for up to `drain_seconds`.

    `listening` is called once connections are accepted.

    Raises:
        EndpointError: another process took the port between binding and listening.
        SystemExit: with 0, after the end that a signal asked for.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=drain_seconds,
        ws="none",
    )
    host, port = bound.getsockname()[:2]
    try:
        _Server(config, listening).run(sockets=[bound])
    except OSError as error:
        raise _cannot_listen(host, port, error) from error


def exit_on_signals() -> None:
    """Make SIGTERM and SIGINT an exit with 0, before serving begins and after it has drained."""
    for number in STOP_SIGNALS:
        signal.signal(number, _exit)


def stop_when_input_ends() -> None:
    """Send this process SIGTERM when its standard input ends.

    A parent that holds the other end of the pipe thereby stops its server however it dies itself.
    """

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._listening()


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _cannot_listen(host: str, port: int, error: OSError | UnicodeError) -> EndpointError:
    number, reason = (error.errno or 0, error.strerror) if isinstance(error, OSError) else (0, None)
    return EndpointError(
        f"Cannot listen on {host} port {port}: {reason or error}",
        cure=_BIND_CURES.get(number, "Choose another address and port."),
    )
