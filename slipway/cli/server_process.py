"""The model server as a child process: started, awaited, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from slipway.cli.project import find_project_root
from slipway.errors import EndpointError

START_SECONDS = 120
DRAIN_SECONDS = 30
_KEPT_LINES = 20


@dataclass(frozen=True)
class ServerOptions:
    """What to serve and where; port 0 takes any free one."""

    bundle: Path
    name: str
    version: str | None = None
    host: str = "127.0.0.1"
    port: int = 0

    def arguments(self) -> list[str]:
        """Command line of the server; it stops when its standard input, a pipe of ours, ends."""
        name = f"{self.name}:{self.version}" if self.version else self.name
        return [
            *(sys.executable, "-P", "-m", "serving"),
            *("--model", f"{name}={self.bundle.resolve()}"),
            *("--host", self.host, "--port", str(self.port)),
            *("--drain-seconds", str(DRAIN_SECONDS), "--stop-with-parent"),
        ]


class ServerProcess:
    """A running server and what it announced."""

    def __init__(self, process: subprocess.Popen[str], *, echo: bool) -> None:
        self._process = process
        self._last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._log = threading.Thread(target=self._read_log, args=(process.stderr, echo), daemon=True)
        self._log.start()
        self.url = ""
        self.version = ""
        self.digest = ""

    def wait_until_listening(self) -> None:
        """Read the line with which the server announces its address.

        Raises:
            EndpointError: it ended first, with its own reason, or took longer than START_SECONDS.
        """
        assert self._process.stdout is not None  # noqa: S101 (a pipe, as started below)
        impatience = threading.Timer(START_SECONDS, self._process.kill)
        impatience.start()
        try:
            line = self._process.stdout.readline()
        finally:
            impatience.cancel()
        if not line:
            raise self._ended("The model server did not start")
        facts = json.loads(line)
        model = facts["models"][0]
        self.url, self.version, self.digest = facts["url"], model["version"], model["digest"]

    def wait(self) -> None:
        """Block until the server ends.

        Raises:
            EndpointError: it ended with an error.
        """
        if self._process.wait() != 0:
            raise self._ended("The model server ended")

    def stop(self) -> None:
        """End the server: it may finish what it has begun; a second Ctrl-C ends it at once."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(DRAIN_SECONDS + 5)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._log.join(1)

    def _ended(self, failed: str) -> EndpointError:
        code = self._process.wait()
        self._log.join(1)
        lines = [line for line in self._last_lines if line]
        if code == -signal.SIGKILL:
            cure = f"Free memory, or look why it takes longer than {START_SECONDS} s."
            return EndpointError(f"{failed}: it was killed, for its memory or its slowness", cure=cure)
        reason = lines[-1].removeprefix("serving: ") if lines else f"exit code {code}, and no word why"
        missing = "No module named" in reason
        cure = "Install what the server needs: pip install 'slipway[serving]'." if missing else ""
        return EndpointError(f"{failed}: {reason}", cure=cure)

    def _read_log(self, log: IO[str], echo: bool) -> None:
        for line in log:
            self._last_lines.append(line.rstrip())
            if echo:
                sys.stderr.write(line)


@contextmanager
def model_server(options: ServerOptions, *, echo: bool = False) -> Iterator[ServerProcess]:
    """Run a server for as long as the block lasts; `echo` repeats its log on standard error.

    Raises:
        EndpointError: it does not start; says why.
    """
    environment = {**os.environ, "PYTHONPATH": _python_path()}
    process = subprocess.Popen(
        options.arguments(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        server = ServerProcess(process, echo=echo)
        try:
            server.wait_until_listening()
            yield server
        finally:
            server.stop()


def _python_path() -> str:
    """Put the project first, for `serving/` lies there and in no installed package."""
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(find_project_root()), *([inherited] if inherited else [])])
