"""The exporters by framework, registered by decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import onnx

from slipway.errors import ExportError
from slipway.task import TaskSpec

Convert = Callable[[Any, TaskSpec, str], onnx.ModelProto]


@dataclass(frozen=True)
class Exporter:
    """One framework's way to ONNX: whether it `handles` a model, and how it converts it."""

    framework: str
    handles: Callable[[object], bool]
    convert: Convert


_EXPORTERS: dict[str, Exporter] = {}


def exporter(framework: str, *, handles: Callable[[object], bool]) -> Callable[[Convert], Convert]:
    """Register the decorated function as the exporter of `framework`.

    The function takes the fitted model, the task and the graph's name, and returns a model whose
    inputs are the task's features, in order, and whose outputs are `OUTPUTS[task.kind]`, in order.
    `handles` must answer without importing the framework.
    """

    def register(convert: Convert) -> Convert:
        _EXPORTERS[framework] = Exporter(framework, handles, convert)
        return convert

    return register


def exporter_for(model: object, *, name: str) -> Exporter:
    """Find the exporter that handles a model.

    Raises:
        ExportError: none does; lists the registered frameworks.
    """
    for candidate in _EXPORTERS.values():
        if candidate.handles(model):
            return candidate
    raise ExportError(
        f"Cannot export '{name}' to ONNX: no exporter handles {type(model).__module__}.{type(model).__name__}",
        expected=f"a fitted model of {', '.join(sorted(_EXPORTERS))}",
        cure="Use one of these frameworks, or register an exporter with slipway.onnx.exporters.exporter.",
    )
