"""What every part is made with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence

Write = Callable[[], str]

PARTS: dict[str, Write] = {}


def part(name: str) -> Callable[[Write], Write]:
    """Register the function that writes a part's Markdown."""

    def register(write: Write) -> Write:
        PARTS[name] = write
        return write

    return register


def sentence(text: str) -> str:
    """Return the first paragraph on one line, as a table takes it."""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())


def table(header: tuple[str, ...], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines)
