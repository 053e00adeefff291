"""What a failed step said last, found in its log and told to the user as an error of the run."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from slipway import errors
from slipway.errors import ExitCode, SlipwayError, StepFailedError

_TRACEBACK = "Traceback (most recent call last):"
_OURS = re.compile(r"^slipway\.errors\.(?P<name>\w+): (?P<paragraph>.*)", re.DOTALL)
_RAISED = re.compile(r"^[\w.]+(?::|$)")
# Frames of the machinery under a component: the interpreter's start, ours and KFP's executor.
_MACHINERY = re.compile(r'^  File "(?:<frozen runpy>|[^"]*/slipway/cli/local/step\.py|[^"]*/kfp/dsl/[^"]*)"')
_LOG_TAIL_BYTES = 1 << 20
_TAIL_LINES = 10


def step_failure(step: str, code: int, log: Path) -> StepFailedError:
    """Return the error of a step that ended with exit code `code` (-signal if killed by one)."""
    kept = f"Its log is '{log}'; finished steps are kept for the next run."
    return told_failure(step, code, _tail(log), kept)


def told_failure(step: str, code: int, text: str, kept: str) -> StepFailedError:
    """Return the error that a step's output `text` tells; `kept` says where more can be read."""
    trace = _last_traceback(text)
    if code < 0:
        return StepFailedError(f"Step '{step}' {_killed(-code)}", cure=kept, exit_code=ExitCode.FAILED)
    if trace is None:
        failed = f"Step '{step}' ended with exit code {code} and no traceback"
        last = "\n".join(text.splitlines()[-_TAIL_LINES:])
        return StepFailedError(failed, cure=kept, exit_code=ExitCode.FAILED, traceback=last, is_bug=True)
    raised = _raised(trace)
    ours = _OURS.match(raised)
    if ours is None:
        failed = f"Step '{step}' failed with {raised.splitlines()[0]}"
        return StepFailedError(failed, cure=kept, exit_code=ExitCode.FAILED, traceback=trace, is_bug=True)
    failed = f"Step '{step}' failed: {ours['paragraph'].strip()}"
    return StepFailedError(failed, cure=kept, exit_code=_exit_code(ours["name"]), traceback=trace)


def _tail(log: Path) -> str:
    """Read the log's end: a step may have written gigabytes before it failed."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")


def _last_traceback(text: str) -> str | None:
    before, found, after = text.rpartition(_TRACEBACK)
    if not found or (before and not before.endswith("\n")):
        return None
    lines = after.splitlines()
    end = next((i for i, line in enumerate(lines) if i and _RAISED.match(line)), None)
    if end is None:
        return None
    return "\n".join([_TRACEBACK, *_without_machinery(lines[1:end]), *lines[end:]]).rstrip()


def _without_machinery(lines: list[str]) -> list[str]:
    kept: list[str] = []
    dropping = False
    for line in lines:
        if line.startswith("  File "):
            dropping = _MACHINERY.match(line) is not None
        if not dropping:
            kept.append(line)
    return kept


def _raised(trace: str) -> str:
    """Return the text from the raised class's name on, which may span lines."""
    lines = trace.splitlines()[1:]
    start = next(i for i, line in enumerate(lines) if _RAISED.match(line))
    return "\n".join(lines[start:])


def _exit_code(name: str) -> ExitCode:
    found = getattr(errors, name, None)
    return found.exit_code if isinstance(found, type) and issubclass(found, SlipwayError) else ExitCode.FAILED


def _killed(number: int) -> str:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGKILL:
        return f"was killed ({name}): most often the system does so when memory has run out"
    return f"was ended by {name}"
