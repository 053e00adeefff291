"""The server's PostgreSQL: wait for it, and take turns."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

from slipway.errors import TrackingUnreachableError

if TYPE_CHECKING:
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_CONNECT_SECONDS = 5


class Turn(IntEnum):
    """Keys of PostgreSQL's advisory locks, which end with the connection that holds them."""

    SCHEMA = 0x536C6970_01
    VAULT = 0x536C6970_02


def wait_for_database(uri: str, seconds: float) -> None:
    """Return when the database takes a connection.

    Raises:
        TrackingUnreachableError: it took none for `seconds`; says why the last was refused.
    """
    from sqlalchemy.exc import OperationalError

    engine = _engine(uri)
    deadline = time.monotonic() + seconds
    while True:
        try:
            engine.connect().close()
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            if time.monotonic() > deadline:
                raise TrackingUnreachableError(
                    f"The database took no connection for {seconds:.0f} s: {reason}",
                    cure="Does it run, and are its host, name, user and password the right ones?",
                ) from error
            logger.info("Waiting for the database: %s", reason)
            time.sleep(_POLL_SECONDS)
        else:
            return


@contextmanager
def turn(uri: str, which: Turn, seconds: float) -> Iterator[None]:
    """Hold an advisory lock, so that of several pods one at a time does this.

    Raises:
        TrackingUnreachableError: another held it for `seconds`.
    """
    from sqlalchemy import text

    with _engine(uri).connect() as connection:
        deadline = time.monotonic() + seconds
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": int(which)}):
            if time.monotonic() > deadline:
                raise TrackingUnreachableError(
                    f"Another pod has held the lock '{which.name.lower()}' for {seconds:.0f} s",
                    cure="Wait for it to end, or delete it: the lock is dropped with its holder.",
                )
            time.sleep(_POLL_SECONDS)
        yield


def _engine(uri: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    return create_engine(
        uri,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": _CONNECT_SECONDS},
    )
