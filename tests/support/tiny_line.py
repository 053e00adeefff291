"""A small project on the real components: one CSV, one query, one pipeline, each easy to spoil."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
ROWS = 2400

PIPELINE = """

from kfp import dsl
from pipelines.lines.tabular import Budget, Release, TabularLine, tabular_line

LINE = TabularLine(**{line!r})

@dsl.pipeline(name=LINE.name)
def pipeline(
    candidates: list = {candidates!r}, trials: int = 1, seed: int = 1
) -> Release:
    return tabular_line(LINE, Budget(candidates, trials, 500, seed, 1.0))
"""


@dataclass
class TinyLine:
    """Where the project lives and what its line says; change a field, then `write` and `run`."""

    folder: Path
    candidates: list[str] = field(default_factory=lambda: ["logistic_regression", "xgboost"])
    line: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)
    query: str = "SELECT * FROM trips"
    expectations: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = self.columns or trips()

    @property
    def csv(self) -> Path:
        return self.folder / "trips.csv"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def write(self) -> TinyLine:
        """Write every file of the project."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = list(self.columns)
        lines = [",".join(map(str, row)) for row in zip(*self.columns.values(), strict=True)]
        self.csv.write_text("\n".join([",".join(names), *lines]) + "\n")
        (self.folder / "source.yaml").write_text(yaml.safe_dump(self._source()))
        (self.folder / "expectations.yaml").write_text(yaml.safe_dump(self.expectations))
        (self.folder / "query.sql").write_text(self.query)
        content = PIPELINE.format(line=self._line(), candidates=self.candidates)
        (self.folder / "tiny.py").write_text(content)
        return self

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from slipway.cli.main import main; raise SystemExit(main())", *arguments]

    def env(self) -> dict[str, str]:
        return {**os.environ, "SLIPWAY_HOME": str(self.home), "COLUMNS": "400", **self.environment}

    def slipway(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.env(), capture_output=True, text=True, check=False
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the pipeline through the real command line."""
        return self.slipway("run", str(self.folder / "tiny.py"), *arguments)

    def json(self, *arguments: str) -> Any:
        answer = self.slipway(*arguments, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def _source(self) -> dict[str, Any]:
        kinds = {"at": "timestamp[us]", "carrier": "string", "distance": "float32", "id": "int64", "late": "int64"}
        sha256 = self.sha256 or hashlib.sha256(self.csv.read_bytes()).hexdigest()
        columns = {name: {"type": kinds.get(name, "float32")} for name in self.columns}
        table = {"url": self.csv.as_uri(), "sha256": sha256, "columns": columns}
        return {"name": "trips", "licence": "CC0-1.0", "tables": {"trips": table}}

    def _line(self) -> dict[str, Any]:
        # An absolute name leads out of `pipelines/`.
        defaults = {
            "name": "tiny",
            "source": str(self.folder / "source"),
            "expectations": str(self.folder / "expectations"),
            "query": str(self.folder / "query"),
            "key": ["id"],
            "task": {
                "kind": "classification",
                "target": "late",
                "numeric": ["distance"],
                "categorical": ["carrier"],
                "slices": ["carrier"],
            },
            "split": {
                "kind": "time",
                "column": "at",
                "validation_from": "2013-01-11",
                "test_from": "2013-01-16",
            },
        }
        return defaults | self.line


def trips(*, signal: float = 2.0) -> dict[str, Any]:
    """Rows of twenty days; `signal` is how much distance and carrier say of being late."""
    random = np.random.default_rng(11)
    distance = random.uniform(-1, 1, ROWS).round(4)
    carrier = random.choice(["AA", "UA"], ROWS)
    chance = 1 / (1 + np.exp(-signal * (2 * distance + (carrier == "AA") - 0.5)))
    minutes = np.arange(ROWS) * 12
    at = np.datetime64("2013-01-01T00:00:00") + minutes.astype("timedelta64[m]")
    late = (random.random(ROWS) < chance).astype(int)
    return {"id": np.arange(ROWS), "at": at, "carrier": carrier, "distance": distance, "late": late}
