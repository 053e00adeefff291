"""How the process is told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def exit_on_signals() -> None:
    """Make SIGTERM and SIGINT an exit with 0 for as long as nothing is served."""
    for number in STOP_SIGNALS:
        signal.signal(number, _exit)


def stop_event(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on; a second one ends the process at once."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            os._exit(0)
        stopping.set()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    return stopping


def stop_when_input_ends() -> None:
    """Send this process SIGTERM when its standard input ends.

    A parent that holds the other end of the pipe thereby stops its server however it dies itself.
    """

    def wait() -> None:
        with suppress(OSError):  # it was closed before this process began
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
