"""The id at the start of a request, where clients that give one put it."""

from __future__ import annotations

import re

# No escape and no character beyond ASCII, so that the text is the id.
_LEADING_ID = re.compile(rb'\{"id": ?"([A-Za-z0-9_.:-]{1,128})",')
ID_START = b'{"id"'


def leading_id(text: bytes) -> tuple[str | None, int]:
    """Return the id that a request starts with, and where the text after it begins; else None and 0."""
    if not text.startswith(ID_START):
        return None, 0
    found = _LEADING_ID.match(text)
    return (found[1].decode(), found.end()) if found else (None, 0)
