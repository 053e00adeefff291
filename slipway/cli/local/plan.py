"""The steps that compiled IR will run, as far as they can be told before it runs.

A loop over a constant or a parameter is unrolled. A loop over a step's output is not: its
iterations join the list when they start. Steps under a condition are listed; they may be skipped.
"""

from __future__ import annotations

import graphlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LABEL_CHARACTERS = 40


@dataclass(frozen=True)
class PlannedStep:
    """A step to come; `key` is the folder KFP's runner gives its outputs, below the run's folder."""

    key: str
    name: str


@dataclass(frozen=True)
class Plan:
    """The steps in an order that respects their dependencies, and the loops by their task's name.

    `loops` names the parameter that holds a loop's current item.
    """

    steps: list[PlannedStep]
    loops: dict[str, str]


def plan_steps(document: dict[str, Any], arguments: Mapping[str, Any]) -> Plan:
    """Walk the IR with the pipeline's arguments and list its steps."""
    steps = list(_walk(document["root"]["dag"], document["components"], arguments, ()))
    return Plan(steps, dict(_loops(document)))


def step_key(component: str, iterations: tuple[str, ...]) -> str:
    """Return `for-loop-1-iteration-0/train-model`: the path KFP's runner makes of a task."""
    return "/".join((*iterations, component.removeprefix("comp-")))


def step_name(component: str, labels: tuple[str, ...]) -> str:
    """Return the name people read: `train_model`, or `search_candidate[xgboost]` inside a loop."""
    name = component.removeprefix("comp-").replace("-", "_")
    return f"{name}[{','.join(labels)}]" if labels else name


def item_label(item: Any, index: int) -> str:
    """Return what tells a loop's item from the others: its value, its name, else its index."""
    if isinstance(item, dict):
        item = item.get("name", next(iter(item.values()), None))
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    if isinstance(item, str | int | float) and 0 < len(str(item)) <= _LABEL_CHARACTERS:
        return str(item)
    return str(index)


def _walk(
    dag: dict[str, Any],
    components: dict[str, Any],
    known: Mapping[str, Any],
    iterations: tuple[tuple[str, str], ...],
) -> Iterator[PlannedStep]:
    for task_name in _in_order(dag["tasks"]):
        task = dag["tasks"][task_name]
        component = task["componentRef"]["name"]
        if "dag" not in components[component]:
            folders, labels = tuple(i[0] for i in iterations), tuple(i[1] for i in iterations)
            yield PlannedStep(step_key(component, folders), step_name(component, labels))
            continue
        inner = components[component]["dag"]
        inputs = _known_inputs(task, known)
        if "parameterIterator" not in task and "artifactIterator" not in task:
            yield from _walk(inner, components, inputs, iterations)
            continue
        for index, item in enumerate(_items(task, inputs)):
            iteration = (f"{task_name}-iteration-{index}", item_label(item, index))
            item_input = {task["parameterIterator"]["itemInput"]: item}
            yield from _walk(inner, components, {**inputs, **item_input}, (*iterations, iteration))


def _in_order(tasks: dict[str, Any]) -> list[str]:
    graph = {name: [d for d in task.get("dependentTasks", ()) if d in tasks] for name, task in tasks.items()}
    return list(graphlib.TopologicalSorter(graph).static_order())


def _known_inputs(task: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    inputs = {}
    for name, source in task.get("inputs", {}).get("parameters", {}).items():
        if "runtimeValue" in source:
            inputs[name] = source["runtimeValue"].get("constant")
        elif source.get("componentInputParameter") in known and "parameterExpressionSelector" not in source:
            inputs[name] = known[source["componentInputParameter"]]
    return inputs


def _items(task: dict[str, Any], inputs: Mapping[str, Any]) -> list[Any]:
    source = task.get("parameterIterator", {}).get("items", {})
    items = json.loads(source["raw"]) if "raw" in source else inputs.get(source.get("inputParameter"), [])
    return items if isinstance(items, list) else []


def _loops(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    dags = [document["root"], *document["components"].values()]
    for dag in dags:
        for name, task in dag.get("dag", {}).get("tasks", {}).items():
            if "parameterIterator" in task:
                yield name, task["parameterIterator"]["itemInput"]
