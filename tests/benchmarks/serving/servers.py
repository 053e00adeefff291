"""Server processes: started on free loopback ports, timed until they are ready, weighed, stopped."""

from __future__ import annotations

import http.client
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

logger = logging.getLogger(__name__)

READY_PATH = "/v2/health/ready"
_START_SECONDS = 120
_STOP_SECONDS = 20
_POLL_SECONDS = 0.002


class ServerError(Exception):
    """A server did not start, or ended early."""


# As an installed server has it: one that compiles its modules at each start is not what is measured.
# And no server's ONNX Runtime reports to its makers while it is.
_AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": "", "ORT_DISABLE_TELEMETRY": "1"}


@dataclass(frozen=True)
class Launch:
    """How to start a server; one without ports announces them as a line of JSON on its output."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    http_port: int | None = None
    grpc_port: int | None = None


@dataclass(frozen=True)
class Running:
    """A server that is ready; `grpc` is empty where it has none. `ready_seconds` since the start."""

    process: subprocess.Popen[bytes]
    url: str
    grpc: str
    ready_seconds: float

    @property
    def address(self) -> str:
        """Host and port of HTTP."""
        return self.url.removeprefix("http://")

    def pss_bytes(self) -> int:
        """Proportional set size of the process and its children: shared pages count by share.

        Source: Linux, proc(5), `smaps_rollup`.
        """
        return sum(_pss(process.pid) for process in self.family())

    def family(self) -> list[psutil.Process]:
        """Return the process and its children; none once it has ended."""
        with suppress(psutil.Error):
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        return []


@contextmanager
def running(launch: Launch, log: Path) -> Iterator[Running]:
    """Start a server, wait until it is ready, and stop it at the end.

    Raises:
        ServerError: it ended or was not ready in time; says its last line.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            list(launch.command),
            cwd=launch.folder,
            env={**os.environ, **_AS_INSTALLED, **launch.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if launch.http_port is None else errors,
            stderr=errors,
            start_new_session=True,
        )
    try:
        url, grpc = _addresses(launch, process, log)
        _wait_until_ready(url.removeprefix("http://"), process, log)
        yield Running(process, url, grpc, time.perf_counter() - started)
    finally:
        _stop(process)


def slipway_launch(bundle: Path, name: str, *, checkout: Path) -> Launch:
    """Launch Slipway's server with its defaults on free ports, from the checkout given."""
    command = [sys.executable, "-m", "serving", "--model", f"{name}={bundle}", "--port", "0"]
    return Launch(command, checkout, {"PYTHONPATH": str(checkout)})


def _addresses(launch: Launch, process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    if launch.http_port is not None:
        return f"http://127.0.0.1:{launch.http_port}", f"http://127.0.0.1:{launch.grpc_port}"
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(_START_SECONDS) else b""
    try:
        announced = json.loads(line)
    except ValueError as error:
        raise _not_started(process, log) from error
    grpc = str(announced.get("grpc") or "")
    return str(announced["url"]), f"http://{grpc}" if grpc and "://" not in grpc else grpc


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_ready(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise _not_started(process, log)
        time.sleep(_POLL_SECONDS)


def _is_ready(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", READY_PATH)
        return connection.getresponse().status == 200
    return False


def _not_started(process: subprocess.Popen[bytes], log: Path) -> ServerError:
    lines = log.read_text(errors="replace").splitlines()
    logger.warning("%s did not start:\n%s", process.args, "\n".join(lines[-15:]))
    return ServerError(f"did not start: {lines[-1] if lines else 'it said nothing'}")


def _pss(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    if process.stdout is not None:
        process.stdout.close()
