"""The steps of a run and how far they are."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from slipway.cli.local.plan import PlannedStep


class StepStatus(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CACHED = "cached"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One step of a run.

    `key` is its outputs' folder below the run's, `number` its place in the order of starting (0: not
    started), `started` a monotonic clock's reading.
    """

    key: str
    name: str
    log: Path
    number: int = 0
    status: StepStatus = StepStatus.WAITING
    started: float = 0.0
    seconds: float = 0.0
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """True when the step came to an end, whatever end."""
        return self.status not in {StepStatus.WAITING, StepStatus.RUNNING}

    @property
    def elapsed_seconds(self) -> float:
        """Seconds the step took, or has been running."""
        return time.monotonic() - self.started if self.status is StepStatus.RUNNING else self.seconds


@dataclass
class Attempt:
    """What is learned about a step while it runs, by the one thread that runs it."""

    step: Step
    image: str = ""
    cached: bool = False
    exit_code: int | None = None


# KFP calls the cache and the handler without naming the task; both run in the task's thread.
current_attempt: ContextVar[Attempt] = ContextVar("current_attempt")


class StepBoard:
    """The run's steps in order, changed from several threads; tells `changed` after each change.

    It does so without holding its lock: a display may be reading the board meanwhile.
    """

    def __init__(self, logs: Path, planned: list[PlannedStep], changed: Callable[[Step], None]) -> None:
        self._lock = threading.Lock()
        self._logs = logs
        self._changed = changed
        self._steps: dict[str, Step] = {}
        self._begun = 0
        for step in planned:
            self._add(step.key, step.name)

    def all(self) -> list[Step]:
        """Return the steps known so far, in order."""
        with self._lock:
            return list(self._steps.values())

    def get(self, key: str, name: str) -> Step:
        """Return a step, adding it when the plan could not foresee it (a loop over a step's output)."""
        with self._lock:
            return self._steps.get(key) or self._add(key, name)

    def begin(self, step: Step) -> None:
        """Note that a step's process starts; a retried step keeps its clock."""
        with self._lock:
            is_first = self._steps[step.key].status is StepStatus.WAITING
            begun = self._set(step.key, status=StepStatus.RUNNING, started=time.monotonic()) if is_first else None
        if begun:
            self._changed(begun)

    def end(
        self,
        step: Step,
        status: StepStatus,
        outputs: Mapping[str, Any] | None = None,
        *,
        seconds: float | None = None,
    ) -> None:
        """Note how a step ended and what it gave, as KFP's runner names it.

        `seconds` is how long it took where another clock tells that.
        """
        with self._lock:
            took = self._steps[step.key].elapsed_seconds if seconds is None else seconds
            ended = self._set(step.key, status=status, seconds=took, outputs=outputs or {})
        self._changed(ended)

    def skip_waiting(self) -> None:
        """Note that the steps still waiting will not run."""
        for step in self.all():
            if step.status is StepStatus.WAITING:
                self.end(step, StepStatus.SKIPPED)

    def _add(self, key: str, name: str) -> Step:
        stem = re.sub(r"\W+", "-", name).strip("-")
        taken = {step.log.stem for step in self._steps.values()}
        unique = stem if stem not in taken else f"{stem}-{len(taken)}"
        self._steps[key] = Step(key, name, self._logs / f"{unique}.log")
        return self._steps[key]

    def _set(self, key: str, **changes: Any) -> Step:
        step = self._steps[key]
        if not step.number and changes["status"] is not StepStatus.SKIPPED:
            self._begun += 1
            changes["number"] = self._begun
        self._steps[key] = replace(step, **changes)
        return self._steps[key]
