"""On what the benchmark ran: date, machine, versions. No names of hosts or people."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.serving.models import BenchmarkModel
from tests.benchmarks.serving.peers import Peer

_PACKAGES = ("onnxruntime", "numpy", "uvloop", "httptools")


def facts(
    models: Sequence[BenchmarkModel], peers: Sequence[Peer], *, rounds: int, seconds: float
) -> dict[str, Any]:
    """Collect them before the first measurement."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "load_average": round(os.getloadavg()[0], 2),
        "rounds": rounds,
        "seconds": seconds,
        "versions": _versions(),
        "models": {one.name: _asked(one) for one in models},
        "peers": {peer.name: {"version": peer.version, "about": peer.about} for peer in peers},
    }


def _asked(model: BenchmarkModel) -> dict[str, Any]:
    return {
        "about": model.about,
        "rows": model.asked,
        "connections": model.connections,
        "threads": model.threads,
    }


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in _PACKAGES}
    return {"Python": platform.python_version(), **packages, **_tools()}


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else platform.machine()


def _tools() -> dict[str, str]:
    patterns = {"wrk": r"wrk \S*?(\d+\.\d+\.\d+)", "h2load": r"nghttp2/(\S+)"}
    told = {tool: _told(tool) for tool in patterns}
    return {tool: found[1] for tool, pattern in patterns.items() if (found := re.search(pattern, told[tool]))}


def _told(tool: str) -> str:
    option = "--version"  # wrk tells it, and then that it misses a URL
    done = subprocess.run([tool, option], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
