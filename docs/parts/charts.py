"""The values of each chart, from the comments in its `values.yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from docs.parts.part import part, table

FOLDER = Path(__file__).resolve().parents[2] / "charts"

_Path = tuple[str, ...]

_COMMENT = re.compile(r"^\s*# ?(?P<text>.*)$")
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[\w./-]+):(?P<rest>.*)$")
_MEANING = "-- "  # as helm-docs marks it: `# -- what the next key means`


@dataclass(frozen=True)
class Value:
    """A documented value: its path, its default as JSON, and what its comment says."""

    name: str
    default: str
    meaning: str


def documented_values(path: Path) -> list[Value]:
    """Read the values of a chart in their order.

    A comment `# -- ...` above a key, which may go on in the lines below it, explains that key and all
    under it. A key without one is explained by what is under it, or by nothing.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    meanings = dict(_meanings(path.read_text(encoding="utf-8").splitlines()))
    return list(_values(content, (), meanings))


def _values(
    content: dict[str, Any], above: tuple[str, ...], meanings: dict[tuple[str, ...], str]
) -> Iterator[Value]:
    for key, default in content.items():
        path = (*above, key)
        deeper = isinstance(default, dict) and default and _is_explained_below(path, meanings)
        if path in meanings or not (isinstance(default, dict) and default):
            yield Value(".".join(path), "" if deeper else json.dumps(default), meanings.get(path, ""))
        if deeper or (path not in meanings and isinstance(default, dict)):
            yield from _values(default, path, meanings)


def _is_explained_below(path: _Path, meanings: dict[_Path, str]) -> bool:
    return any(one[: len(path)] == path and one != path for one in meanings)


def _meanings(lines: list[str]) -> Iterator[tuple[_Path, str]]:
    """Read the comments, each with the path of the key below it."""
    path: list[tuple[int, str]] = []
    comment: list[str] = []
    for line in lines:
        if told := _COMMENT.match(line):
            comment.append(told["text"])
            continue
        if found := _KEY.match(line):
            indent = len(found["indent"])
            path = [one for one in path if one[0] < indent] + [(indent, found["key"])]
            if text := _meaning(comment):
                yield tuple(key for _, key in path), text
        comment = []


def _meaning(comment: list[str]) -> str:
    starts = [number for number, line in enumerate(comment) if line.startswith(_MEANING)]
    return " ".join(comment[starts[-1] :]).removeprefix(_MEANING).strip() if starts else ""


def _register(chart: str) -> None:
    @part(f"values-{chart}")
    def values() -> str:
        rows = documented_values(FOLDER / chart / "values.yaml")
        return table(
            ("value", "default", "meaning"),
            [(f"`{one.name}`", f"`{one.default}`" if one.default else "", one.meaning) for one in rows],
        )


for _chart in sorted(path.parent.name for path in FOLDER.glob("*/Chart.yaml")):
    _register(_chart)
