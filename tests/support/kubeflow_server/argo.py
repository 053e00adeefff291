"""Argo workflows as KFP's compiler makes them, at the moments that a test wants to see.

Names of nodes and templates follow backend/src/v2/compiler/argocompiler, ids and names of pods Argo's
NodeID (FNV-1a over the node's name) and KFP's RetrievePodName.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

WORKFLOW = "toy-x7k2p"
_GROUP, _POD, _SKIPPED = "DAG", "Pod", "Skipped"


@dataclass(frozen=True)
class Look:
    """What the server knows at one moment: the run's state and how far each step is.

    Attributes:
        state: of the run.
        steps: place below the root -> what `_nodes_of` takes, as in `running` or `failed: OOMKilled`.
        nodes: further nodes, as Argo writes them.
        stopped: somebody has stopped the run.
        message: of the workflow.
    """

    state: str = "RUNNING"
    steps: dict[str, str] = field(default_factory=dict)
    nodes: tuple[dict[str, Any], ...] = ()
    stopped: bool = False
    message: str = ""


def loop(name: str, index: int, step: str) -> str:
    """The place of a step in an iteration."""
    return f"{name}.iteration-iterations({index}:{index}).iteration-item.{step}"


def pod_of(place: str, *, attempt: int | None = None, driver: bool = False, retried: bool = False) -> str:
    """The pod of a step's executor, or of its driver."""
    if driver:
        return _pod(f"root.{place}-driver", "system-container-driver")
    suffix = "" if attempt is None else f"({attempt})"
    template = "retry-system-container-impl" if retried else "system-container-impl"
    return _pod(f"root.{place}.executor{suffix}", template)


def manifest(look: Look) -> str:
    """The workflow's JSON; empty as long as no agent has reported it."""
    if not look.steps and not look.nodes and not look.message:
        return ""
    nodes = [_node("", _GROUP, "entrypoint", "Running"), _node("root", _GROUP, "root", "Running")]
    nodes.append(_node("root-driver", _POD, "system-dag-driver", "Succeeded"))
    for number, (place, said) in enumerate(look.steps.items()):
        nodes += _nodes_of(f"root.{place}", *said.partition(": ")[::2], second=number)
    status = {"nodes": {node["id"]: node for node in [*nodes, *look.nodes]}, "message": look.message}
    spec: dict[str, Any] = {"activeDeadlineSeconds": 0} if look.stopped else {}
    return json.dumps({"metadata": {"name": WORKFLOW}, "spec": spec, "status": status})


def _nodes_of(place: str, state: str, message: str, *, second: int) -> list[dict[str, Any]]:
    """A step's nodes: 10 s for the driver, 20 s for the step."""
    driver_state = {"driver": "Running", "driver-pending": "Pending", "driver-failed": "Failed"}.get(state)
    begun = {"begin": second, "end": second + 10 if driver_state != "Running" else None}
    driver = _node(
        f"{place}-driver", _POD, "system-container-driver", driver_state or "Succeeded", message, **begun
    )
    if driver_state:
        return [driver]
    phases = {
        "pending": ("Running", "Pending"),
        "running": ("Running", "Running"),
        "done": ("Succeeded", "Succeeded"),
        "cached": ("Succeeded", "Skipped"),
        "skipped": ("Skipped", ""),
        "failed": ("Failed", "Failed"),
        "error": ("Error", "Error"),
        "retrying": ("Running", "Retried"),
        "retried": ("Succeeded", "Retried"),
    }
    outer, inner = phases[state]
    kind = "retry-system-container" if inner == "Retried" else "system-container"
    is_over = outer != "Running"
    times = {"begin": second + 10, "end": second + 30 if is_over else None}
    step_type = _SKIPPED if outer == "Skipped" else _GROUP
    nodes = [driver, _node(place, step_type, f"{kind}-executor", outer, **times)]
    if inner == "Retried":
        nodes.append(_node(f"{place}.executor", "Retry", f"{kind}-impl", outer, **times))
        nodes.append(_node(f"{place}.executor(0)", _POD, f"{kind}-impl", "Failed", message, **times))
        times["begin"] = second + 20
        nodes.append(_node(f"{place}.executor(1)", _POD, f"{kind}-impl", outer, **times))
    elif inner:
        inner_type = _SKIPPED if inner == "Skipped" else _POD
        nodes.append(_node(f"{place}.executor", inner_type, f"{kind}-impl", inner, message, **times))
    return nodes


def _node(
    name: str, kind: str, template: str, phase: str, message: str = "", begin: int = 0, end: int | None = None
) -> dict[str, Any]:
    full = f"{WORKFLOW}.{name}" if name else WORKFLOW
    node = {
        "id": _id(full),
        "name": full,
        "displayName": name.rpartition(".")[2],
        "type": kind,
        "templateName": template,
        "phase": phase,
        "startedAt": _time(begin),
        "finishedAt": _time(end) if end is not None else None,
    }
    return {**node, "message": message} if message else node


def _id(full_name: str) -> str:
    if full_name == WORKFLOW:
        return WORKFLOW
    value = 0x811C9DC5
    for byte in full_name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{WORKFLOW}-{value}"


def _pod(name: str, template: str) -> str:
    number = _id(f"{WORKFLOW}.{name}").rpartition("-")[2]
    return f"{WORKFLOW}-{template}-{number}"


def _time(second: int) -> str:
    return f"2026-11-20T08:{second // 60:02d}:{second % 60:02d}Z"
