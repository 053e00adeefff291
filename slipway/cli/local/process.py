"""The processes of a run's steps: started under a guard each, stopped all at once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from slipway.cli.local import guard
from slipway.errors import PipelineError, RunInterruptedError

_SHORTEN = "A step's parameters must fit a command line, 128 KiB: pass longer ones in a file."


class StepProcesses:
    """Starts steps and waits for them, from any thread; after `stop` none can start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._controls: set[int] = set()
        self.stopping = threading.Event()

    def run(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Run a command to its end, its output appended to `log`; return its exit code (-signal if killed by one).

        Raises:
            RunInterruptedError: the run is being stopped.
            PipelineError: the system refuses to start the process.
        """
        control, process = self._start(command, environment, log)
        try:
            code = process.wait()
        finally:
            with self._lock:
                self._controls.discard(control)
                os.close(control)
        if self.stopping.is_set():
            raise RunInterruptedError("The step was stopped", cure="Run the pipeline again to continue.")
        return code

    def stop(self) -> int:
        """Ask every step to end, and let no further one start; return how many were asked."""
        self.stopping.set()
        return self._order(guard.TERMINATE)

    def kill(self) -> None:
        """Kill every process of every step."""
        self.stopping.set()
        self._order(guard.KILL)

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> tuple[int, subprocess.Popen[bytes]]:
        with self._lock, log.open("ab") as output:  # the lock: `stop` sees every step, or the step sees `stop`
            if self.stopping.is_set():
                raise RunInterruptedError("The step was not started", cure="Run the pipeline again to continue.")
            told, control = os.pipe()
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(guard.__file__), str(told), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(environment),
                    pass_fds=(told,),
                    start_new_session=True,  # a terminal's Ctrl-C reaches the runner alone, which stops the steps
                )
            except OSError as error:
                os.close(control)
                too_long = error.errno == errno.E2BIG
                raise PipelineError(
                    f"The step's process cannot be started: {error}",
                    cure=_SHORTEN if too_long else "Free memory or processes and run again.",
                ) from error
            finally:
                os.close(told)
            self._controls.add(control)
            return control, process

    def _order(self, order: bytes) -> int:
        with self._lock:
            for control in self._controls:
                with suppress(BrokenPipeError):  # the step has just ended
                    os.write(control, order)
            return len(self._controls)
