"""What has to be done so that a server's recurring runs are those that are declared: by level, not by event.

Slipway touches only what it has made: its mark is the first line of the description. The same again
finds nothing to do; what was changed by hand on the server is set right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from slipway.cli.kubeflow.answers import RecurringRun, Version
from slipway.cli.kubeflow.schedule import Schedule

_MARK = re.compile(r"slipway (?P<owner>schedules|submit) (?P<environment>[a-z0-9-]+)/(?P<name>[a-z0-9-]+)(\n|$)")


class Action(StrEnum):
    """What is done about a schedule."""

    CREATE = "create"
    UPDATE = "update"
    ENABLE = "enable"
    DISABLE = "disable"
    KEEP = "keep"
    DELETE = "delete"
    LEAVE = "leave"


@dataclass(frozen=True)
class Mark:
    """By what a recurring run is known as Slipway's: who made it, for which environment, under which name."""

    owner: str
    environment: str
    name: str

    def description(self, source: str) -> str:
        """Return the description of a recurring run, for people and for `Mark.read`."""
        return f"slipway {self.owner} {self.environment}/{self.name}\n{source}"

    @classmethod
    def read(cls, description: str) -> Mark | None:
        """Return the mark in a description; None when the recurring run is somebody else's."""
        found = _MARK.match(description)
        return cls(found["owner"], found["environment"], found["name"]) if found else None


@dataclass(frozen=True)
class Wanted:
    """A declared schedule with what it runs; the version is None as long as it is not uploaded."""

    mark: Mark
    schedule: Schedule
    version_name: str
    version: Version | None
    experiment_id: str


@dataclass(frozen=True)
class Change:
    """What is done about one schedule: `kept` stays, `gone` are deleted."""

    action: Action
    mark: Mark
    why: str
    wanted: Wanted | None = None
    kept: RecurringRun | None = None
    gone: tuple[RecurringRun, ...] = ()

    @property
    def is_change(self) -> bool:
        """True when the server would be changed."""
        return self.action not in {Action.KEEP, Action.LEAVE}


def plan_changes(
    declared: Mapping[str, Wanted], existing: list[RecurringRun], scope: tuple[str, str], *, prune: bool
) -> list[Change]:
    """Compare what is declared with what there is; by name, the undeclared last.

    Args:
        declared: by name.
        existing: all recurring runs of the server.
        scope: owner and environment; others' are not looked at.
        prune: delete what is no longer declared, instead of leaving it.
    """
    ours: dict[str, list[RecurringRun]] = {}
    for one in existing:
        mark = Mark.read(one.description)
        if mark and (mark.owner, mark.environment) == scope:
            ours.setdefault(mark.name, []).append(one)
    changes = [_about(wanted, ours.get(name, [])) for name, wanted in sorted(declared.items())]
    for name in sorted(set(ours) - set(declared)):
        action = Action.DELETE if prune else Action.LEAVE
        why = "no longer declared" if prune else "no longer declared; --prune deletes it"
        gone = tuple(ours[name]) if prune else ()
        changes.append(Change(action, Mark(*scope, name), why, gone=gone))
    return changes


def _about(wanted: Wanted, existing: list[RecurringRun]) -> Change:
    if not existing:
        return Change(Action.CREATE, wanted.mark, wanted.schedule.trigger, wanted)
    kept = next((one for one in existing if not _differences(wanted, one)), None)
    if kept is None:
        why = ", ".join(_differences(wanted, existing[-1]))
        return Change(Action.UPDATE, wanted.mark, why, wanted, gone=tuple(existing))
    gone = tuple(one for one in existing if one is not kept)
    if kept.enabled != wanted.schedule.enabled:
        action = Action.ENABLE if wanted.schedule.enabled else Action.DISABLE
        return Change(action, wanted.mark, wanted.schedule.trigger, wanted, kept, gone)
    if gone:
        return Change(Action.UPDATE, wanted.mark, "there is more than one", wanted, kept, gone)
    return Change(Action.KEEP, wanted.mark, wanted.schedule.trigger, wanted, kept)


def _differences(wanted: Wanted, one: RecurringRun) -> list[str]:
    """Name what differs, but whether it is enabled: that alone can be changed in place."""
    schedule = wanted.schedule
    same = {
        "version": wanted.version is not None and wanted.version.version_id == one.version_id,
        "parameters": schedule.parameters == one.parameters,
        "trigger": (schedule.server_cron, schedule.interval_seconds) == (one.cron, one.interval_seconds),
        "catch-up": schedule.catch_up == one.catch_up,
        "concurrency": schedule.max_concurrency == one.max_concurrency,
        "experiment": wanted.experiment_id == one.experiment_id,
    }
    return [name for name, is_same in same.items() if not is_same]
