"""Ctrl-C and SIGTERM during a run: stop the steps first, kill them when they linger or when asked again."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from slipway.cli.local.process import StepProcesses

GRACE_SECONDS = 10.0


class Interruption:
    """While entered, SIGINT, SIGTERM and SIGHUP stop the run's steps instead of raising KeyboardInterrupt.

    An exception raised wherever the main thread happens to be would leave KFP's worker threads
    waiting for their steps. So the handler only writes a byte, which is all that is safe in one;
    a thread reads it and stops the steps, upon which the runner comes to its end by itself.
    """

    def __init__(
        self, processes: StepProcesses, tell: Callable[[int], None], *, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._processes = processes
        self._tell = tell
        self._grace_seconds = grace_seconds
        self._read, self._write = os.pipe()
        self._thread = threading.Thread(target=self._wait, name="interruption", daemon=True)
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Interruption:
        os.set_blocking(self._write, False)
        self._thread.start()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # started under nohup
            self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(self._write)
        self._thread.join()
        os.close(self._read)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the signature of a handler)
        os.write(self._write, b"!")

    def _wait(self) -> None:
        if not os.read(self._read, 1):
            return
        self._tell(self._processes.stop())
        select.select([self._read], [], [], self._grace_seconds)  # again, the end of the run, or time is up
        self._processes.kill()
