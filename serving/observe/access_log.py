"""A line for each n-th request, off unless it is asked for."""

from __future__ import annotations

import logging
from itertools import count
from typing import NamedTuple

from serving.observe.logs import facts
from serving.observe.request_id import make_request_id

logger = logging.getLogger("slipway.access")


class Access(NamedTuple):
    """One request and its answer; `path` is without its query, `model` empty where none was found."""

    protocol: str
    path: str
    status: str
    seconds: float
    bytes_in: int
    bytes_out: int
    model: str = ""
    version: str = ""
    request_id: str | None = None


class AccessLog:
    """Writes what `every`-th request did; a transport without access log has None in its place."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._numbers = count()
        logger.setLevel(logging.INFO)  # asked for on its own, whatever the level of the rest

    @classmethod
    def of(cls, every: int) -> AccessLog | None:
        """Return the log of each `every`-th request; None for 0."""
        return cls(every) if every else None

    def wants(self) -> bool:
        """Say whether the request that was just answered is one to write; ask once for each."""
        return next(self._numbers) % self._every == 0

    def write(self, access: Access) -> None:
        """Write a line; a request without an id gets one."""
        fields = access._asdict()
        fields["request_id"] = access.request_id or make_request_id()
        fields["seconds"] = round(access.seconds, 6)
        logger.info("%s %s", access.status, access.path, extra=facts(**fields))
