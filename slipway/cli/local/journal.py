"""Keeping `run.json` up to date while the run goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.cli.local.outputs import output_records
from slipway.cli.local.record import RunFolder, RunRecord, RunStatus, StepRecord
from slipway.cli.local.steps import Step, StepStatus


class Journal:
    """Writes the run's record after each change of a step; safe to call from several threads."""

    def __init__(self, folder: RunFolder, record: RunRecord) -> None:
        self._folder = folder
        self._record = record
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def note(self, steps: Callable[[], list[Step]]) -> None:
        """Write the steps as they are now."""
        with self._lock:
            self._write(steps=[self._step(step) for step in steps()])

    def close(self, status: RunStatus, **facts: Any) -> RunRecord:
        """Write how the run ended and return its record."""
        with self._lock:
            seconds = time.monotonic() - self._started
            self._write(status=status, finished=datetime.now(UTC), seconds=seconds, **facts)
            return self._record

    def _write(self, **changes: Any) -> None:
        self._record = self._record.model_copy(update=changes)
        self._folder.write(self._record)

    def _step(self, step: Step) -> StepRecord:
        return StepRecord(
            name=step.name,
            key=step.key,
            status=step.status,
            cached=step.status is StepStatus.CACHED,
            seconds=round(step.seconds, 3),
            log=str(step.log.relative_to(self._folder.path)) if step.log.exists() else None,
            outputs=output_records(step.outputs),
        )


@contextmanager
def runner_log(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Send what KFP's runner logs to a file, and show its warnings: a condition it cannot read is one."""
    logger = logging.getLogger()
    level, handlers = logger.level, logger.handlers[:]
    file = logging.FileHandler(path)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers[:] = [file, _Remarks(say)]
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.handlers[:] = handlers
        file.close()


class _Remarks(logging.Handler):
    """Shows warnings; errors are steps' failures, which the run tells better."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            self._say(f"KFP: {record.getMessage()}")
