"""What Kubeflow Pipelines says, as far as Slipway uses it.

KFP writes integers of 64 bits as strings and an unset time as the epoch (protojson, timestamppb).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """The states of a run (backend/api/v2beta1/run.proto, RuntimeState) that follow one another."""

    UNSPECIFIED = "RUNTIME_STATE_UNSPECIFIED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"
    PAUSED = "PAUSED"

    @classmethod
    def _missing_(cls, value: object) -> RunState:  # noqa: ARG003 (the signature of a hook)
        return cls.UNSPECIFIED  # a later server's

    @property
    def is_over(self) -> bool:
        """True when the run will not change any more."""
        return self in {RunState.SUCCEEDED, RunState.SKIPPED, RunState.FAILED, RunState.CANCELED}


@dataclass(frozen=True)
class Version:
    """A pipeline version: what was uploaded, under a name that is unique in its pipeline."""

    pipeline_id: str
    version_id: str
    name: str


@dataclass(frozen=True)
class Run:
    """A run; `seconds` is 0 until it is over."""

    run_id: str
    name: str
    state: RunState
    seconds: float
    experiment_id: str
    version: Version | None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def folder_name(self) -> str:
        """The name as a folder's: people may have written anything."""
        return re.sub(r"[^\w.-]+", "-", self.name).strip(".-") or self.run_id

    @classmethod
    def read(cls, answer: Any) -> Run:
        """Read a `v2beta1.Run`."""
        reference, config = answer.pipeline_version_reference, answer.runtime_config
        created, finished = answer.created_at, answer.finished_at
        is_over = finished is not None and finished > datetime.fromtimestamp(0, UTC)
        return cls(
            run_id=answer.run_id,
            name=answer.display_name or "",
            state=RunState(answer.state or RunState.UNSPECIFIED),
            seconds=(finished - created).total_seconds() if is_over and created else 0.0,
            experiment_id=answer.experiment_id or "",
            version=_version(reference),
            parameters=dict(config.parameters or {}) if config else {},
        )


@dataclass(frozen=True)
class RecurringRun:
    """A recurring run; of `cron` and `interval_seconds` one is set. `cron` has seconds first."""

    recurring_run_id: str
    name: str
    description: str
    pipeline_id: str
    version_id: str
    experiment_id: str
    enabled: bool
    catch_up: bool
    max_concurrency: int
    cron: str
    interval_seconds: int
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def trigger(self) -> str:
        """When it runs, for people: a cron whose seconds are 0 without them."""
        return self.cron.removeprefix("0 ") if len(self.cron.split()) == 6 else self.cron or self._interval

    @property
    def _interval(self) -> str:
        return f"every {self.interval_seconds} s"

    @classmethod
    def read(cls, answer: Any) -> RecurringRun:
        """Read a `v2beta1.RecurringRun`."""
        reference, config = answer.pipeline_version_reference, answer.runtime_config
        cron = answer.trigger.cron_schedule if answer.trigger else None
        period = answer.trigger.periodic_schedule if answer.trigger else None
        return cls(
            recurring_run_id=answer.recurring_run_id,
            name=answer.display_name or "",
            description=answer.description or "",
            pipeline_id=(reference.pipeline_id or "") if reference else "",
            version_id=(reference.pipeline_version_id or "") if reference else "",
            experiment_id=answer.experiment_id or "",
            enabled=answer.status == "ENABLED",
            catch_up=not answer.no_catchup,
            max_concurrency=int(answer.max_concurrency or 0),
            cron=(cron.cron or "") if cron else "",
            interval_seconds=int(period.interval_second or 0) if period else 0,
            parameters=dict(config.parameters or {}) if config else {},
        )


def _version(reference: Any) -> Version | None:
    """Return the version a run is of; None for a run of a pipeline that was never uploaded."""
    if not reference or not reference.pipeline_id or not reference.pipeline_version_id:
        return None
    return Version(reference.pipeline_id, reference.pipeline_version_id, "")
