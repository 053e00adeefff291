"""SIGTERM, by which a CI ends what it started, as Ctrl-C: what was begun is undone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def interrupted_by_termination() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM as long as the block lasts."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
