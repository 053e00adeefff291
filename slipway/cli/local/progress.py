"""Showing a run as it goes: a live list on a terminal, a line an event elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from slipway.cli.local.steps import Step, StepStatus

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_MARKS = {
    StepStatus.WAITING: ("·", "dim"),
    StepStatus.RUNNING: ("▶", "bold cyan"),
    StepStatus.DONE: ("✓", "green"),
    StepStatus.CACHED: ("✓", "dim green"),
    StepStatus.FAILED: ("✗", "bold red"),
    StepStatus.INTERRUPTED: ("✗", "yellow"),
    StepStatus.SKIPPED: ("-", "dim"),
}


class Progress(AbstractContextManager[None], Protocol):
    """Shows steps; called from several threads."""

    def changed(self, step: Step, total: int) -> None:
        """Show a step's new status, one of `total` steps known so far."""

    def say(self, message: str) -> None:
        """Show a remark about the run."""


def make_progress(steps: Callable[[], list[Step]]) -> Progress:
    """Return a live list when standard error is a terminal, plain lines otherwise."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return LiveList(console, steps) if console.is_terminal else PlainLines(console)


class PlainLines:
    """One line for each start and each end of a step."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> None:
        """Need nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def changed(self, step: Step, total: int) -> None:
        """Print the step's line; steps that never start are left out."""
        if step.number:
            self.say(f"[{step.number}/{total}] {step.name} … {status_text(step)}")

    def say(self, message: str) -> None:
        """Print the message as it is."""
        self._console.print(message, markup=False)


class LiveList:
    """Every step on its line, redrawn four times a second."""

    def __init__(self, console: Console, steps: Callable[[], list[Step]]) -> None:
        from rich.live import Live

        self._console = console
        self._steps = steps
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=4)

    def __enter__(self) -> None:
        """Start drawing."""
        self._live.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw the last state and leave it standing."""
        self._live.stop()

    def changed(self, step: Step, total: int) -> None:
        """Need nothing: the next drawing shows it."""

    def say(self, message: str) -> None:
        """Print the message above the list."""
        self._console.print(message, markup=False)

    def _table(self) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for step in self._steps():
            mark, style = _MARKS[step.status]
            table.add_row(Text(mark, style), Text(step.name, style), Text(status_text(step), style))
        return table


def status_text(step: Step) -> str:
    """Return `done in 12.3 s`, `running for 4 s` or the bare status."""
    if step.status is StepStatus.RUNNING:
        return f"running for {step.elapsed_seconds:.0f} s" if step.elapsed_seconds >= 1 else "running"
    if step.status in {StepStatus.DONE, StepStatus.FAILED}:
        verb = "done in" if step.status is StepStatus.DONE else "failed after"
        return f"{verb} {step.seconds:.1f} s"
    return str(step.status)
