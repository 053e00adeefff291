"""Asking a server again that fell silent: with longer and longer pauses, for a bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from slipway.errors import KubeflowUnreachableError, SlipwayError

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0

_Answer = TypeVar("_Answer")


class Patience:
    """Repeats a request that is safe to repeat; tells `say` when it begins to wait and when that is over."""

    def __init__(
        self,
        seconds: float,
        say: Callable[[str], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._say = say
        self._sleep = sleep
        self._clock = clock

    def call(self, ask: Callable[[], _Answer]) -> _Answer:
        """Return the answer of `ask`, which is called until it answers.

        Raises:
            KubeflowUnreachableError: the last silence, when patience has run out or cannot help.
        """
        until = self._clock() + self._seconds
        pause, tries = _FIRST_PAUSE_SECONDS, 0
        while True:
            try:
                answer = ask()
            except KubeflowUnreachableError as error:
                tries += 1
                left = until - self._clock()
                if left <= 0 or tries == error.tries:
                    raise
                if tries == 1:
                    self._say(f"{error.failed}. Asking again for {left:.0f} s.")
                self._sleep(min(pause, left))
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            except SlipwayError:
                self._say_again(tries)
                raise
            else:
                self._say_again(tries)
                return answer

    def _say_again(self, tries: int) -> None:
        if tries:
            self._say("It answers again.")
