"""Server processes of the tests: started on free loopback ports, ended by their own ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Ports that nobody held a moment ago, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def accepts(port: int) -> bool:
    """Tell whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ServerProcess:
    """A command in a session of its own, so that its children end with it."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: tuple[int, int] | None = None,
    ) -> None:
        self._log = log
        identity = {} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                **identity,  # type: ignore[arg-type]
            )

    @property
    def pid(self) -> int:
        """Process id, which is also its group's."""
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float = 120) -> None:
        """Wait for the server; one that ends or stays silent fails with its log's last lines."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-30:])
                raise RuntimeError(f"{self._process.args!r} did not start:\n{tail}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it and its children at once, as a crash does."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        """Ask it to end, and insist."""
        self._signal(number)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
