"""Telling how far a deployment is: a line when a stage ends, and one whenever what it waits for changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]


class Stages:
    """A fixed number of stages, one after the other."""

    def __init__(self, total: int, say: Say) -> None:
        self._total = total
        self._number = 0
        self._name = ""
        self._last = ""
        self.say = say

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Begin a stage; its end is told with the seconds it took, unless it fails."""
        self._number += 1
        self._name, self._last = name, ""
        started = time.monotonic()
        yield
        self._tell(f"done in {time.monotonic() - started:.1f} s")

    def note(self, text: str) -> None:
        """Tell what the stage waits for, once for each change."""
        if text != self._last:
            self._last = text
            self._tell(text)

    def _tell(self, text: str) -> None:
        self.say(f"[{self._number}/{self._total}] {self._name} … {text}")
