"""The charts of the project, each with the values files that its tests render."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.helm import build_dependencies, template

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "charts"
NAMESPACE = "slipway-charts"
RELEASE = "slipway"

Object = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A chart with one of its `ci/*-values.yaml`."""

    chart: str
    values: Path

    def __str__(self) -> str:
        return f"{self.chart}-{self.values.stem.removesuffix('-values')}"

    @property
    def merged_values(self) -> Object:
        """The values of the charts it is made of, the chart's own and those of the file, as Helm merges them."""
        parts = {name: read_yaml(FOLDER / name / "values.yaml") for name in dependencies(self.chart)}
        own = read_yaml(FOLDER / self.chart / "values.yaml")
        return _merged(_merged(parts, own), read_yaml(self.values))


def charts() -> list[str]:
    """The name of every chart."""
    return sorted(path.parent.name for path in FOLDER.glob("*/Chart.yaml"))


def cases() -> list[Case]:
    """Every chart with every values file for its tests."""
    return [
        Case(chart, path) for chart in charts() for path in sorted((FOLDER / chart / "ci").glob("*-values.yaml"))
    ]


def read_yaml(path: Path) -> Any:
    """Read one document; an empty one is an empty mapping."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def read_schema(chart: str) -> Object:
    """The JSON schema of a chart's values."""
    return json.loads((FOLDER / chart / "values.schema.json").read_text(encoding="utf-8"))


def dependencies(chart: str) -> list[str]:
    """What a chart calls the charts that it is made of."""
    found = read_yaml(FOLDER / chart / "Chart.yaml").get("dependencies", [])
    return [one.get("alias", one["name"]) for one in found]


def copy_with_dependencies(chart: str, target: Path) -> Path:
    """Copy all charts, and fetch what this one depends on there: the project's own folders stay clean."""
    shutil.copytree(FOLDER, target, ignore=shutil.ignore_patterns("*.tgz"))
    build_dependencies(target / chart)
    return target / chart


@cache
def render(case: Case, folder: Path) -> tuple[Object, ...]:
    """Render a case once, from the folder that has the chart with its dependencies."""
    return tuple(template(folder, [case.values], RELEASE, NAMESPACE))


def objects_of(rendered: tuple[Object, ...], *kinds: str) -> list[Object]:
    """Those of some kinds, in order."""
    return [one for one in rendered if one["kind"] in kinds]


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Object]]:
    """Every mapping within a document, with the keys that lead to it."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from walk(inner, (*path, str(key)))
    if isinstance(value, list):
        for inner in value:
            yield from walk(inner, (*path, "[]"))


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    both = {key: _merged(under[key], over[key]) if key in under else over[key] for key in over}
    return {**under, **both}
