"""Log lines as a person reads them: of a JSON line only what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable

_MESSAGE_KEYS = ("message", "msg", "error")
_LONGEST = 300


def spoken(lines: Iterable[str]) -> list[str]:
    """Give each line that is not empty, cut to 300 characters."""
    return [said[:_LONGEST] for line in lines if (said := _message(line).strip())]


def _message(line: str) -> str:
    try:
        content = json.loads(line)
    except ValueError:
        return line
    if not isinstance(content, dict):
        return line
    return next((str(content[key]) for key in _MESSAGE_KEYS if content.get(key)), line)
