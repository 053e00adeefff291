"""The record of a submitted run: what `--json` prints and its folder keeps."""

from __future__ import annotations

from typing import Any

from slipway.cli.kubeflow.answers import Run, RunState
from slipway.cli.local.steps import Step, StepStatus
from slipway.frozen import Frozen


class SubmittedStep(Frozen):
    """One step of a submitted run."""

    name: str
    status: StepStatus
    seconds: float
    log: str | None

    @classmethod
    def of(cls, step: Step) -> SubmittedStep:
        """Read a step's record off the board."""
        log = str(step.log) if step.log.exists() else None
        return cls(name=step.name, status=step.status, seconds=round(step.seconds, 3), log=log)


class SubmittedRun(Frozen):
    """A submitted run, as `--json` prints it; without steps when nobody waited for it."""

    run: str
    name: str
    pipeline: str
    version: str
    experiment: str
    url: str
    state: RunState
    parameters: dict[str, Any] = {}
    seconds: float = 0.0
    steps: list[SubmittedStep] = []

    def ended(self, run: Run, steps: list[Step]) -> SubmittedRun:
        """Return this run as it ended."""
        records = [SubmittedStep.of(step) for step in steps]
        return self.model_copy(update={"state": run.state, "seconds": run.seconds, "steps": records})

    def count(self, *, cached: bool) -> int:
        """Return how many steps were taken from the cache, or run to their end."""
        wanted = StepStatus.CACHED if cached else StepStatus.DONE
        return sum(step.status is wanted for step in self.steps)
