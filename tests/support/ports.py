"""Loopback ports for tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses connections, held for as long as the context lasts: bound, never listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def is_open(url: str) -> bool:
    """Tell whether something listens where a URL points to."""
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((parts.hostname, parts.port or 80)) == 0
