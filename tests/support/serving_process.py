"""A model server as a process: started, asked, and held to having failed in nothing by itself."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a server said; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)


class ServingProcess:
    """A server that listens; `facts` is what it announced."""

    def __init__(self, process: subprocess.Popen[str], facts: Mapping[str, Any], log: IO[str]) -> None:
        self.process = process
        self.facts = facts
        self._log = log

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return str(self.facts["url"])

    @property
    def address(self) -> str:
        """Host and port, for HTTP and gRPC alike."""
        return urlsplit(self.url).netloc

    @property
    def port(self) -> int:
        """The port of both."""
        return urlsplit(self.url).port or 0

    def connect(self) -> http.client.HTTPConnection:
        """Make a client's connection, which is opened by its first request."""
        return http.client.HTTPConnection(self.address, timeout=60)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request on a connection of its own; a body that is not bytes goes as JSON."""
        client = self.connect()
        try:
            return ask(client, method, path, body, headers)
        finally:
            client.close()

    def log(self) -> str:
        """Return what it has written on standard error."""
        self._log.seek(0)
        return self._log.read()

    def resident_bytes(self) -> int:
        """Return how much memory it has in use."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) << 10


def ask(
    client: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request on a connection that may be open already."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    client.request(method, path, body, dict(headers or {}))
    with client.getresponse() as response:
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.read())


@contextmanager
def serving(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[ServingProcess]:
    """Start `python -m serving`; at the end kill it, and look for faults of its own in its log.

    The port is any free one, unless the environment says something else about it.
    """
    command = [sys.executable, "-m", "serving", *arguments]
    own = environment or {}
    free_port = {} if any("PORT" in name for name in own) else {"SLIPWAY_SERVING_PORT": "0"}
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **free_port, **own}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=variables) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            server = ServingProcess(process, json.loads(line) if line else {}, log)
            assert line, f"the server did not start:\n{server.log()}"
            yield server
            assert "Traceback" not in server.log(), server.log()
        finally:
            process.kill()
