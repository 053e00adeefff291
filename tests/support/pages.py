"""The pages of the documentation: their fenced blocks, the remarks above them, their links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_PAGE = ROOT / "docs/README.md"  # its commands make what the other pages show
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# What they show is for a cluster, or no command: held to their links alone.
FOLDER_PAGES = [
    ROOT / "infra/README.md",
    *sorted(ROOT.glob("charts/*/README.md")),
    *sorted(ROOT.glob("components/*/README.md")),
]

_REMARK = re.compile(r"<!-- (?P<kind>not run|file|from): (?P<text>.*?) -->")
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<link>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<attribute>[^\"]+)\"")
_HEADING = re.compile(r"^#+ (?P<text>.*)$", re.MULTILINE)
_FENCE = "```"


@dataclass(frozen=True)
class Block:
    """A fenced block; `kind` and `remark` are of the comment above it: not run, file, from."""

    page: Path
    line: int
    language: str
    text: str
    kind: str = ""
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        """True for commands."""
        return self.language in {"bash", "console"} and self.kind != "not run"


@dataclass(frozen=True)
class Command:
    """One command of a console block and the output shown under it."""

    text: str
    output: str


def blocks_of(page: Path) -> list[Block]:
    """Every fenced block, in order."""
    return list(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    above, number = "", 0
    while number < len(lines):
        line = lines[number]
        if line.startswith(_FENCE):
            end = lines.index(_FENCE, number + 1)
            found = _REMARK.fullmatch(above)
            kind, remark = (found["kind"], found["text"].strip()) if found else ("", "")
            text = "\n".join(lines[number + 1 : end])
            yield Block(page, number + 1, line.removeprefix(_FENCE), text, kind, remark)
            number, above = end, ""
        else:
            above = line.strip() or above
        number += 1


def commands_of(block: Block) -> list[Command]:
    """The commands of a block: all of a `bash` block is one, a `console` block has one for each `$`."""
    if block.language == "bash":
        return [Command(f"set -e\n{block.text}", "")]
    commands = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.split("\n")
        last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
        commands.append(Command("\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :]).strip("\n")))
    return commands


def links_of(page: Path) -> list[str]:
    """Targets of every link and image outside fenced blocks."""
    text = re.sub(rf"^{_FENCE}.*?^{_FENCE}$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [found["link"] or found["attribute"] for found in _LINK.finditer(text)]


def anchors_of(page: Path) -> set[str]:
    """What `#...` may name: the headings, as GitHub writes them in URLs."""
    headings = (found["text"] for found in _HEADING.finditer(page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
