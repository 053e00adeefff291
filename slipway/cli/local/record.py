"""The record of a local run, `run.json` in its folder, and the folder itself."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slipway.cli.local.outputs import OutputRecord
from slipway.cli.local.runners import RunnerName
from slipway.cli.local.steps import StepStatus
from slipway.errors import UsageError
from slipway.frozen import Frozen
from slipway.storage import storage_errors, write_whole

RECORD_FILE = "run.json"
IR_FILE = "pipeline.yaml"
RUNNER_LOG = "runner.log"
_LOCK_FILE = ".lock"


class RunStatus(StrEnum):
    """How a run stands; `killed` is found out later, by a lock that nobody holds."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    KILLED = "killed"


class StepRecord(Frozen):
    """One step of a run; `key` is its outputs' folder below the run's."""

    name: str
    key: str
    status: StepStatus
    cached: bool
    seconds: float
    log: str | None
    outputs: dict[str, OutputRecord] = {}


class RunRecord(Frozen):
    """A run of a pipeline on this machine. Times are UTC, ISO 8601."""

    run: str
    pipeline: str
    parameters: dict[str, Any]
    code_revision: str
    runner: RunnerName = RunnerName.SUBPROCESS
    status: RunStatus
    started: datetime
    finished: datetime | None = None
    seconds: float = 0.0
    steps: list[StepRecord] = []
    outputs: dict[str, Any] = {}
    error: str | None = None

    def count(self, *, cached: bool) -> int:
        """Return how many steps were taken from the cache, or run to their end."""
        wanted = StepStatus.CACHED if cached else StepStatus.DONE
        return sum(step.status is wanted for step in self.steps)


class RunFolder:
    """`<home>/runs/<run>/`: the record, the IR, the logs and the steps' outputs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, home: Path, pipeline: str) -> RunFolder:
        """Make the folder of a new run; runs started in the same second get different ones."""
        name = f"{pipeline}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        folder = cls(home / "runs" / name)
        with storage_errors(folder.path):
            folder.logs.mkdir(parents=True)
        return folder

    @property
    def logs(self) -> Path:
        """Where each step's output goes."""
        return self.path / "logs"

    @property
    def workspace(self) -> Path:
        """What KFP lets steps of one run share; removed at its end."""
        return self.path / "workspace"

    def read(self) -> RunRecord | None:
        """Return the record, or None when there is none that can be read."""
        try:
            return RunRecord.model_validate_json((self.path / RECORD_FILE).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None

    def write(self, record: RunRecord) -> None:
        """Write the record so that a reader sees the old or the new."""
        write_whole(self.path / RECORD_FILE, record.model_dump_json(indent=2) + "\n")

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the run while it runs, yielding whether it could be had; the kernel lets go when we die."""
        with (self.path / _LOCK_FILE).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def list_runs(home: Path) -> list[RunRecord]:
    """Return the records of the runs under `home`, the newest first, dead ones told as killed."""
    records = [record for folder in _folders(home) if (record := _seen(folder)) is not None]
    return sorted(records, key=lambda record: record.started, reverse=True)


def find_run(name_or_path: str, home: Path) -> RunRecord:
    """Return the record of a run by its name under `home`, or by its folder.

    Raises:
        UsageError: there is no such run.
    """
    for path in (home / "runs" / name_or_path, Path(name_or_path)):
        if (record := _seen(RunFolder(path))) is not None:
            return record
    latest = ", ".join(record.run for record in list_runs(home)[:3]) or "none"
    raise UsageError(
        f"There is no run '{name_or_path}' under '{home}'",
        expected=f"a run's name or folder; the latest are: {latest}",
        cure="'slipway runs' lists all.",
    )


def clean_up_killed_runs(home: Path) -> None:
    """Close the records of killed runs and remove what their running steps had half written."""
    for folder in _folders(home):
        record = folder.read()
        if record is None or record.status is not RunStatus.RUNNING:
            continue
        with suppress(PermissionError), folder.held() as is_ours:
            if is_ours:
                _close(folder, record)


def _folders(home: Path) -> list[RunFolder]:
    runs = home / "runs"
    return [RunFolder(path) for path in sorted(runs.iterdir())] if runs.is_dir() else []


def _seen(folder: RunFolder) -> RunRecord | None:
    record = folder.read()
    if record is None or record.status is not RunStatus.RUNNING or not _is_dead(folder):
        return record
    return record.model_copy(update={"status": RunStatus.KILLED})


def _is_dead(folder: RunFolder) -> bool:
    """Look at the lock without waiting; another user's run counts as alive when it cannot be read."""
    try:
        descriptor = os.open(folder.path / _LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _close(folder: RunFolder, record: RunRecord) -> None:
    steps = []
    for step in record.steps:
        if step.status is StepStatus.RUNNING:
            shutil.rmtree(folder.path / step.key, ignore_errors=True)
        over = {StepStatus.RUNNING: StepStatus.INTERRUPTED, StepStatus.WAITING: StepStatus.SKIPPED}
        steps.append(step.model_copy(update={"status": over.get(step.status, step.status)}))
    shutil.rmtree(folder.workspace, ignore_errors=True)
    folder.write(
        record.model_copy(update={"status": RunStatus.KILLED, "steps": steps, "error": "The run was killed."})
    )
