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
            raise LoadError(f"{self.failed} of {self.answers} answers under load failed, expected none of many")


@dataclass(frozen=True)
class H2Load:
    """What one h2load process counted; `data_bytes` are those of DATA frames alone."""

    per_second: float
    answers: int
    failed: int
    data_bytes: int
    mean_ms: float


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


def grpc_load(
    url: str, bodies: Sequence[Body], folder: Path, *, connections: int, seconds: float, answer_bytes: int
) -> Load:
    """Ask with one h2load process for each body, one stream at a time on each of its connections.

    A failed call has HTTP status 200 and no message, so that only the bytes of the messages, of
    `answer_bytes` each, tell it from a good one.
    """
    write_bodies(folder, [framed(body.content) for body in bodies])
    share = max(1, connections // len(bodies))
    ask = [f"--clients={share}", "--header=content-type: application/grpc", "--header=te: trailers"]
    time = [f"--duration={max(1, round(seconds))}", f"--warm-up-time={_WARM_SECONDS}"]
    h2load = ["h2load", "--threads=1", "--max-concurrent-streams=1", *ask, *time]
    commands = [[*h2load, f"--data={folder / str(place)}", f"{url}{METHOD}"] for place in range(len(bodies))]
    return joined([parse_h2load(text) for text in _run_together(commands)], answer_bytes, connections)


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


def parse_h2load(output: str) -> H2Load:
    """Read h2load's summary.

    Raises:
        LoadError: a line of it is missing.
    """
    rate = _found(r"finished in [^,]+, ([\d.]+) req/s", output)
    done = _found(r"requests: \d+ total, \d+ started, (\d+) done", output)
    good = _found(r"status codes: (\d+) 2xx", output)
    data = _found(r"\((\d+)\) data", output)
    times = re.search(r"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)\s", output)
    if times is None:
        raise LoadError(f"h2load told no times: {output.strip()[-500:]}")
    mean = float(times[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[times[2]]
    return H2Load(float(rate), int(good), int(done) - int(good), int(data), mean)


def joined(parts: Sequence[H2Load], answer_bytes: int, connections: int) -> Load:
    """Add up processes that ran together, and count as failed the answers that had no message."""
    answers = sum(part.answers for part in parts)
    data = sum(part.data_bytes for part in parts)
    empty = answers - data // (answer_bytes + _GRPC_FRAME)
    # Answers on their way when the time is up have sent part of what they send.
    failed = sum(part.failed for part in parts) + (empty if empty > connections else 0)
    return Load(
        per_second=sum(part.per_second for part in parts),
        answers=answers,
        failed=failed,
        mean_ms=sum(part.mean_ms * part.answers for part in parts) / max(answers, 1),
    )


def _found(pattern: str, output: str) -> str:
    found = re.search(pattern, output)
    if found is None:
        raise LoadError(f"h2load told nothing like '{pattern}': {output.strip()[-500:]}")
    return found[1]


def _run(command: Sequence[str]) -> str:
    return _run_together([command])[0]


def _run_together(commands: Sequence[Sequence[str]]) -> list[str]:
    running = [
        subprocess.Popen(list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands
    ]
    outputs = [process.communicate()[0] for process in running]
    for process, output in zip(running, outputs, strict=True):
        if process.returncode:
            raise LoadError(f"{process.args!r} ended with {process.returncode}: {output.strip()[-500:]}")
    return outputs
