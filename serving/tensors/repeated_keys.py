"""Whether a JSON text names a key twice in one object, told from what a parser made of it.

Parsers keep one of the two values and say nothing. But each key has a colon after it: a text with
as many colons as its parsed form has keys, and colons inside strings, repeated none.
"""

from __future__ import annotations

from typing import Any


def may_repeat_a_key(text: bytes | bytearray, content: Any) -> bool:
    """Return False only where `text`, which parsed as `content`, repeats no key in any object."""
    return text.count(b":") != _colons(content) or b"u003" in text  # an escaped colon is \u003a


def _colons(content: Any) -> int:
    if isinstance(content, str):
        return content.count(":")
    if isinstance(content, list):
        return sum(map(_colons, content))
    if isinstance(content, dict):
        return len(content) + sum(map(_colons, content)) + sum(map(_colons, content.values()))
    return 0
