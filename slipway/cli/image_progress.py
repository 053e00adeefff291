"""Showing images being built and pushed: a live line an image on a terminal, a line a step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from slipway.images.build import BuildEvent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDTH = 90


class ImageProgress:
    """The images of one command; used from one thread."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._line: ImageLine | None = None
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._live = Live(console=self._console, get_renderable=self._draw, refresh_per_second=4, transient=True)

    def __enter__(self) -> ImageProgress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    @contextmanager
    def of(self, family: str) -> Iterator[ImageLine]:
        """Yield the line that tells of one family's image."""
        self._line = ImageLine(self, family)
        yield self._line
        self._line = None

    def say(self, message: str) -> None:
        """Print a message that stays."""
        self._console.print(message, markup=False)

    def step(self, message: str) -> None:
        """Print the start of a step where there is no live line to show it."""
        if not self._console.is_terminal:
            self.say(message)

    def _draw(self) -> RenderableType:
        from rich.text import Text

        return Text(self._line.now() if self._line else "", no_wrap=True, overflow="ellipsis")


class ImageLine:
    """What is going on with one image."""

    def __init__(self, progress: ImageProgress, family: str) -> None:
        self._progress = progress
        self._family = family
        self._started = time.monotonic()
        self._doing = "…"
        self._layers: dict[str, tuple[int, int]] = {}

    def built(self, event: BuildEvent) -> None:
        """Take note of a build's event."""
        step = f"{event.number}/{event.total} {event.instruction[:_WIDTH]}"
        self._doing = f"{step} | {event.line}" if event.line else step
        if not event.line:
            self._progress.step(f"[{self._family}] {step}")

    def sent(self, layer: str, sent: int, total: int) -> None:
        """Take note of a layer's bytes on their way."""
        self._layers[layer] = (sent, total)
        done, all_of_it = (sum(part) / 1e6 for part in zip(*self._layers.values(), strict=True))
        self._doing = f"{done:.0f} of {max(done, all_of_it):.0f} MB sent"

    def end(self, outcome: str) -> None:
        """Print how it ended, and after how long."""
        self._progress.say(f"[{self._family}] {outcome} ({self._seconds():.1f} s)")

    def now(self) -> str:
        """Return the line as it is now."""
        return f"[{self._family}] {self._seconds():.0f} s  {self._doing}"

    def _seconds(self) -> float:
        return time.monotonic() - self._started
