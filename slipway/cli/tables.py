"""Tables and trees on standard output, as wide as their content when nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_UNSEEN_WIDTH = 10_000


def output() -> Console:
    """Open standard output; into a pipe or a file no line is wrapped or cut."""
    width = None if sys.stdout.isatty() else _UNSEEN_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, soft_wrap=not sys.stdout.isatty())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print rows under their column names, in plain columns that `awk` can read too."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    output().print(table)


def short(digest: str) -> str:
    """Cut a digest to what people compare."""
    return digest.removeprefix("sha256:")[:12]
