"""Writes the parts of the documentation that the code itself knows.

Usage: python docs/generate.py [--check]

A page holds generated parts between `<!-- generated: NAME -->` and `<!-- end -->`; everything else
is written by hand. With `--check` nothing is written, and the exit code is 1 when a part differs.
The functions that write them are in `docs/parts/`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
COMMAND = "python docs/generate.py"

_PART = re.compile(r"(?P<head><!-- generated: (?P<name>[\w-]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Write every page anew, or with `--check` compare; return the exit code."""
    drifted = [(page, text) for page, text in _pages() if text != page.read_text(encoding="utf-8")]
    if "--check" not in arguments:
        for page, text in drifted:
            page.write_text(text, encoding="utf-8")
        return 0
    for page, _ in drifted:
        print(f"{page.relative_to(ROOT)} is not what the code says: run '{COMMAND}' and commit.", file=sys.stderr)
    return 1 if drifted else 0


def generated(text: str) -> str:
    """Return a page's text with its generated parts written anew.

    Raises:
        KeyError: the page asks for a part that nobody writes.
    """
    from docs.parts import PARTS  # noqa: PLC0415 (found on the path that is set below)

    return _PART.sub(lambda found: f"{found['head']}\n{PARTS[found['name']]()}\n\n{found['tail']}", text)


def _pages() -> Iterator[tuple[Path, str]]:
    for page in sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("charts/*/README.md")]):
        yield page, generated(page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # the server and its benchmark are no installed packages
    sys.exit(main(sys.argv[1:]))
