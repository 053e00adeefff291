"""The toy project in a folder of its own, and the real command line run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLIPWAY = [str(Path(sys.executable).with_name("slipway"))]


@dataclass(frozen=True)
class ToyProject:
    root: Path
    scratch: Path

    @property
    def home(self) -> Path:
        return self.root / ".slipway"

    @property
    def environment(self) -> dict[str, str]:
        foreign = ("SLIPWAY_", "MLFLOW_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {**kept, "TOY_SCRATCH": str(self.scratch), "COLUMNS": "200"}

    def slipway(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SLIPWAY, *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*SLIPWAY, *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self) -> list[dict[str, Any]]:
        """The records of the runs, the oldest first."""
        answer = self.slipway("runs", "--json")
        assert answer.returncode == 0, answer.stderr
        return list(reversed(json.loads(answer.stdout)))

    def journal(self) -> list[str]:
        """What the steps wrote down, each time one ran."""
        path = self.scratch / "journal"
        return path.read_text().splitlines() if path.exists() else []


def make_toy_project(folder: Path) -> ToyProject:
    source = Path(__file__).parent / "toy_project"
    root, scratch = folder / "project", folder / "scratch"
    shutil.copytree(source, root, ignore=shutil.ignore_patterns("__pycache__"))
    scratch.mkdir()
    return ToyProject(root, scratch)


def wait_until(condition: Callable[[], bool], what: str, *, at_most_seconds: float = 120.0) -> None:
    """Fail when something does not come about; the bound only ends a hopeless wait."""
    deadline = time.monotonic() + at_most_seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def step(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in record["steps"] if step["name"] == name)
