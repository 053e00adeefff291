"""One process at a time: a lock that the operating system drops when its holder dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from slipway.errors import RegistryError
from slipway.storage import storage_errors

WAIT_SECONDS = 600.0
_POLL_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock file `path`, which stays behind empty.

    Raises:
        RegistryError: another process held it for `wait_seconds`.
        StorageError: the file cannot be created.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    with file:
        _acquire(file, path, wait_seconds)
        yield


def _acquire(file: IO[str], path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RegistryError(
                    f"Another process has held '{path}' for {wait_seconds:.0f} s",
                    cure="Wait for it to end, or end it: the lock is dropped with its holder.",
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return
