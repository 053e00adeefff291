"""Load from wrk and h2load, and what they counted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.serving.messages import METHOD
from tests.benchmarks.serving.protocols import Body

_PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client"}
_SCRIPT = Path(__file__).with_name("load.lua")
_WARM_SECONDS = 1
_GRPC_FRAME = 5  # bytes before each message: a flag and the length


class LoadError(Exception):
    """A load generator is missing, or did not do what it was asked."""


@dataclass(frozen=True)
class Load:
    """What a load generator counted; `failed` are answers of another status, or lost. Milliseconds."""

    per_second: float
    answers: int
    failed: int
    p50_ms: float | None = None
    p99_ms: float | None = None
    mean_ms: float | None = None

    def require_clean(self) -> None:
        """Raise LoadError if any answer failed, or none came."""
        if self.failed or not self.answers:
            raise LoadError(f"{self.failed} of {self.answers} answers under load failed")


def require_tools() -> None:
    """Raise LoadError unless wrk and h2load are installed."""
    missing = [tool for tool in _PACKAGES if shutil.which(tool) is None]
    if missing:
        packages = " ".join(_PACKAGES[tool] for tool in missing)
        raise LoadError(
            f"{' and '.join(missing)} not found: install the Debian packages: apt-get install {packages}"
        )


def http_load(url: str, bodies: Sequence[Body], folder: Path, *, connections: int, seconds: float) -> Load:
    """Post the bodies in turn from one wrk thread."""
    write_bodies(folder, [body.content for body in bodies])
    headers = [f"{name}={value}" for name, value in bodies[0].headers.items()]
    wrk = ["wrk", "--threads=1", f"--connections={connections}", "--timeout=30s", f"--script={_SCRIPT}"]
    ask = [url, "--", str(folder), *headers]
    _run([*wrk, f"--duration={_WARM_SECONDS}s", *ask])
    return parse_wrk(_run([*wrk, f"--duration={max(1, round(seconds))}s", *ask]))


def grpc_load(url: str, body: Body, folder: Path, *, connections: int, seconds: float, answer_bytes: int) -> Load:
    """Ask from one h2load thread, one stream at a time on each connection; answers have `answer_bytes`."""
    write_bodies(folder, [framed(body.content)])
    ask = [f"--clients={connections}", "--header=content-type: application/grpc", "--header=te: trailers"]
    time = [f"--duration={max(1, round(seconds))}", f"--warm-up-time={_WARM_SECONDS}"]
    h2load = ["h2load", "--threads=1", "--max-concurrent-streams=1", *ask, *time, f"--data={folder / '0'}"]
    return parse_h2load(_run([*h2load, f"{url}{METHOD}"]), answer_bytes=answer_bytes, connections=connections)


def framed(message: bytes) -> bytes:
    """Put the flag and the length of a gRPC message before it."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def write_bodies(folder: Path, contents: Sequence[bytes]) -> None:
    """Write one file for each body, named by its place."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for place, content in enumerate(contents):
        (folder / str(place)).write_bytes(content)


def parse_wrk(output: str) -> Load:
    """Read the JSON line that `load.lua` ends with.

    Raises:
        LoadError: there is none.
    """
    line = output.strip().rpartition("\n")[2]
    try:
        counted = json.loads(line)
    except ValueError as error:
        raise LoadError(f"wrk told nothing: {output.strip()[-500:]}") from error
    return Load(
        per_second=counted["answers"] * 1e6 / counted["microseconds"],
        answers=counted["answers"],
        failed=counted["bad_status"] + counted["socket_errors"],
        p50_ms=counted["p50"] / 1000,
        p99_ms=counted["p99"] / 1000,
    )


def parse_h2load(output: str, *, answer_bytes: int, connections: int) -> Load:
    """Read h2load's summary.

    A failed call has HTTP status 200 and no message, so that only the bytes of the messages, of
    `answer_bytes` each, tell it from a good one.

    Raises:
        LoadError: a line of the summary is missing.
    """
    answers = int(_found(r"status codes: (\d+) 2xx", output))
    refused = int(_found(r"requests: \d+ total, \d+ started, (\d+) done", output)) - answers
    data = int(_found(r"\((\d+)\) data", output))
    mean = _found(r"time for request:\s+\S+\s+\S+\s+([\d.]+(?:us|ms|s))\s", output)
    empty = answers - data // (answer_bytes + _GRPC_FRAME)
    return Load(
        per_second=float(_found(r"finished in [^,]+, ([\d.]+) req/s", output)),
        answers=answers,
        # Answers on their way when the time is up have sent part of what they send.
        failed=refused + (empty if empty > connections else 0),
        mean_ms=_milliseconds(mean),
    )


def _milliseconds(text: str) -> float:
    number = text.rstrip("mus")
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[text.removeprefix(number)]


def _found(pattern: str, output: str) -> str:
    found = re.search(pattern, output)
    if found is None:
        raise LoadError(f"h2load told nothing like '{pattern}': {output.strip()[-500:]}")
    return found[1]


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise LoadError(f"{command[0]} ended with {done.returncode}: {done.stdout.strip()[-500:]}")
    return done.stdout
