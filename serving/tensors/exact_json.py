"""JSON read fast and yet exactly: a key that stands twice in one object does not get lost.

Parsers keep one of the two values and say nothing. But each key has a colon after it: a text with
as many colons as its parsed form has keys, and colons inside strings, repeated none.
"""

from __future__ import annotations

from typing import Any

import orjson

from serving.tensors.strict_json import read_json

_NUMBERS: frozenset[type] = frozenset({int, float, type(None)})


def json_of(text: bytes | bytearray) -> Any:
    """Parse a text.

    Raises:
        InferenceError: it is not JSON, or repeats a key.
    """
    try:
        content = orjson.loads(text)
    except ValueError:
        return read_json(text)
    return read_json(text) if may_repeat_a_key(text, content) else content


def may_repeat_a_key(text: bytes | bytearray, content: Any) -> bool:
    """Return False only where `text`, which parsed as `content`, repeats no key in any object."""
    return text.count(b":") != _colons(content) or b"u003" in text  # an escaped colon is \u003a


def _colons(content: Any) -> int:
    if isinstance(content, str):
        return content.count(":")
    if isinstance(content, list):
        return 0 if _NUMBERS.issuperset(map(type, content)) else sum(map(_colons, content))
    if isinstance(content, dict):
        return len(content) + sum(map(_colons, content)) + sum(map(_colons, content.values()))
    return 0
