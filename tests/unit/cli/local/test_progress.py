import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from slipway.cli.local.progress import LiveList, PlainLines, make_progress, status_text
from slipway.cli.local.steps import Step, StepStatus


def step(status, **facts):
    return Step(
        key="try", name="try[ash]", log=Path("try.log"), number=facts.pop("number", 3), status=status, **facts
    )


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (StepStatus.RUNNING, "running"),
        (StepStatus.DONE, "done in 12.3 s"),
        (StepStatus.FAILED, "failed after 12.3 s"),
        (StepStatus.CACHED, "cached"),
        (StepStatus.INTERRUPTED, "interrupted"),
    ],
)
def test_line_tells_number_name_and_status(screen, status, text):
    started = float("inf") if status is StepStatus.RUNNING else 0.0
    PlainLines(Console(file=screen, soft_wrap=True)).changed(step(status, seconds=12.34, started=started), 11)
    assert screen.getvalue() == f"[3/11] try[ash] … {text}\n"


def test_step_that_never_started_has_no_line(screen):
    PlainLines(Console(file=screen)).changed(step(StepStatus.SKIPPED, number=0), 11)
    assert screen.getvalue() == ""


def test_long_running_step_tells_its_seconds():
    assert re.fullmatch(r"running for \d+ s", status_text(step(StepStatus.RUNNING, started=0.0)))


def test_live_list_shows_every_step(screen):
    steps = [step(StepStatus.WAITING), step(StepStatus.DONE, seconds=2.0)]
    progress = LiveList(Console(file=screen, force_terminal=True, width=80, highlight=False), lambda: steps)
    with progress:
        progress.say("A remark about [the run].")
    shown = screen.getvalue()
    assert "A remark about [the run]." in shown
    assert "waiting" in shown
    assert "done in 2.0 s" in shown


def test_no_terminal_means_plain_lines(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(make_progress(list), PlainLines)
