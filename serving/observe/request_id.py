"""The name of one request, the client's own where it gave one."""

from __future__ import annotations

import os

HEADER = b"x-request-id"
MOST_CHARACTERS = 128


def read_request_id(value: bytes | None) -> str | None:
    """Return the value of an `x-request-id` header if it is fit to be repeated: printable ASCII, not long."""
    if not value or len(value) > MOST_CHARACTERS or not value.isascii():
        return None
    text = value.decode()
    return text if text.isprintable() else None


def make_request_id() -> str:
    """Make an id that no other request has: 32 hexadecimal digits."""
    return os.urandom(16).hex()
