"""A real MLflow server over PostgreSQL and S3, which tests may kill and start again."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

import psutil

from tests.support.processes import ServerProcess, free_ports
from tests.support.seaweed import BUCKET, S3Store

# MLflow's default is 15 to 30 processes; this is one worker and no job runners.
_LEAN = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


class TrackingServer:
    """One address over the whole test session; what it stores outlives each process."""

    def __init__(self, database_uri: str, store: S3Store, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self.uri = f"http://127.0.0.1:{self.port}"
        self._command = _command(self.port, database_uri)
        self._environment = {**_LEAN, **store.environment(store.writer)}
        self._log = folder / "log"
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._process is None:
            self._process = ServerProcess(self._command, self._log, self._environment)
            self._process.wait_until(self.is_healthy)
            self._remember_worker()

    def kill(self) -> None:
        """End it as a crash does; no request that is under way gets its answer."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def is_healthy(self) -> bool:
        """Ask the server's own health endpoint."""
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _remember_worker(self) -> None:
        """Start the next time what `mlflow server` itself started: its own import of MLflow doubles the wait."""
        assert self._process is not None
        workers = [one for one in psutil.Process(self._process.pid).children() if "uvicorn" in one.cmdline()]
        if workers:
            self._command, self._environment = workers[0].cmdline(), workers[0].environ()


def _command(port: int, database_uri: str) -> list[str]:
    command = [str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--backend-store-uri", database_uri]
    return [*command, "--artifacts-destination", f"s3://{BUCKET}", "--serve-artifacts"]
