"""The steps of a run, read from the nodes of its workflow.

KFP compiles a step to two nodes (backend/src/v2/compiler/argocompiler): `NAME-driver`, a pod that
resolves inputs and asks the cache, and `NAME`, a group around the pod `executor`, which is left out
when the cache has the step. A loop is a group `LOOP` of groups `iteration-iterations(0:0)`, each with
an `iteration-item`. An importer is one pod.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.cli.kubeflow.workflow import Node, Workflow
from slipway.cli.local.plan import step_key, step_name
from slipway.cli.local.steps import StepStatus

_EXECUTOR = "system-container-executor"
_IMPORTER = "system-importer"
_DRIVER = "-driver"
_ITERATION = re.compile(r"\.iteration-iterations\((\d+):[^)]*\)\.iteration-item\b")
_EXIT_HOOK = re.compile(r"(^|\.)[^.]+\.onExit\.")
_INDEX = re.compile(r"(?P<task>.*)\[(?P<index>\d+)\]$")
_STATUSES = {
    "Succeeded": StepStatus.DONE,
    "Failed": StepStatus.FAILED,
    "Error": StepStatus.FAILED,
    "Skipped": StepStatus.SKIPPED,
    "Omitted": StepStatus.SKIPPED,
}


@dataclass(frozen=True)
class StepView:
    """What can be seen of a step.

    `pod` is the last one that was started for it, if any was; `failed_tries` are those before it.
    """

    key: str
    name: str
    status: StepStatus
    started: datetime | None
    finished: datetime | None
    pod: Node | None
    in_driver: bool = False
    failed_tries: tuple[Node, ...] = ()

    @property
    def seconds(self) -> float:
        """Seconds from the start of its driver to its end; 0 while it runs."""
        if self.started is None or self.finished is None:
            return 0.0
        return max(0.0, (self.finished - self.started).total_seconds())


def view_steps(workflow: Workflow, document: dict[str, Any]) -> list[StepView]:
    """Return the steps that have begun, or were left out, in order of their start.

    Args:
        workflow: the run's.
        document: the IR it was compiled from, by which a step gets the name it has in local runs.
    """
    return [_view(workflow, place, document) for place in _places(workflow)]


def _places(workflow: Workflow) -> Iterator[str]:
    """Yield the places of the steps: a driver may be there before its step."""
    seen: set[str] = set()
    for name, node in workflow.nodes.items():
        is_step = node.template.endswith((_EXECUTOR, _IMPORTER))
        is_driver = node.template == "system-container-driver"
        place = name.removesuffix(_DRIVER) if is_driver else name
        if (is_step or is_driver) and place not in seen:
            seen.add(place)
            yield place


def _view(workflow: Workflow, place: str, document: dict[str, Any]) -> StepView:
    step, driver = workflow.nodes.get(place), workflow.nodes.get(place + _DRIVER)
    pods = [node for node in workflow.below(place) if node.is_pod]
    in_driver = driver is not None and (step is None or driver.has_failed)
    pod = driver if in_driver else (pods[-1] if pods else step if step and step.is_pod else None)
    first = driver or step
    last = driver if in_driver else step
    key, name = _names(place, document)
    return StepView(
        key=key,
        name=name,
        status=_status(workflow, place, step, driver),
        started=first.started if first else None,
        finished=last.finished if last else None,
        pod=pod,
        in_driver=in_driver,
        failed_tries=tuple(pods[:-1]),
    )


def _status(workflow: Workflow, place: str, step: Node | None, driver: Node | None) -> StepStatus:
    if driver is not None and driver.has_failed:
        return StepStatus.FAILED
    if step is None:
        return StepStatus.RUNNING
    status = _STATUSES.get(step.phase, StepStatus.RUNNING)
    executor = workflow.nodes.get(f"{place}.executor")
    is_cached = status is StepStatus.DONE and executor is not None and executor.phase in {"Skipped", "Omitted"}
    return StepStatus.CACHED if is_cached else status


def _names(place: str, document: dict[str, Any]) -> tuple[str, str]:
    """Return a step's key and name, those that a local run of the same IR gives it."""
    tasks = _EXIT_HOOK.sub(r"\1", _ITERATION.sub(r"[\1]", place)).split(".")[1:]
    dag: dict[str, Any] = document.get("root", {}).get("dag", {})
    folders, indexes, component = [], [], ""
    for part in tasks:
        loop = _INDEX.match(part)
        task = loop["task"] if loop else part
        component = dag.get("tasks", {}).get(task, {}).get("componentRef", {}).get("name", f"comp-{task}")
        dag = document.get("components", {}).get(component, {}).get("dag", {})
        if loop:
            folders.append(f"{task}-iteration-{loop['index']}")
            indexes.append(loop["index"])
    return step_key(component, tuple(folders)), step_name(component, tuple(indexes))
