"""Requests of KServe's V1 protocol, which are Vertex AI's too: rows as JSON, without shapes or datatypes.

Sources: KServe, "V1 Inference Protocol", "Predict"; TensorFlow Serving, "RESTful API", "Predict API", for
the columns under 'inputs'; Vertex AI, "Custom container requirements", "Prediction requests".
"""

from __future__ import annotations

from typing import Any

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.columns import column_shape, columns_of, is_column
from serving.tensors.exact_json import json_of
from serving.tensors.json_values import UnclearError, values_of
from serving.tensors.kinds import array_of, kind_of, malformed, object_of
from serving.tensors.question import Question
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor
from slipway.onnx.tensor_json import values_from_json

_CURE = "Send {'instances': [...]} with one entry for each row: its values, or an object of the inputs' names."
_SHOWN_CHARACTERS = 60


def read_v1_request(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read 'instances' (rows) or 'inputs' (rows, or an object with all values of each input).

    A row is the value of the only input, one value for each of several inputs that take one value a
    row, or an object of inputs by name. Shapes come from the data; other keys are ignored.

    Raises:
        InferenceError: the body is no JSON, or does not fit the model; names the place, what was
            expected and what was got.
    """
    content = object_of("The request", json_of(body))
    keys = [key for key in ("instances", "inputs") if key in content]
    if len(keys) != 1:
        raise malformed("The request", "'instances' or 'inputs'", "both" if keys else "neither", _CURE)
    given = content[keys[0]]
    if keys == ["inputs"] and isinstance(given, dict):
        return Question(_tensors(plan, given))
    rows = array_of(f"'{keys[0]}' of the request", given)
    if not rows:
        raise malformed(f"'{keys[0]}' of the request", "at least one row", "none", _CURE)
    return Question(_tensors(plan, _by_input(plan, rows)))


def _by_input(plan: ModelPlan, rows: list[Any]) -> dict[str, list[Any]]:
    if isinstance(rows[0], dict):
        _check_names(plan, rows)
        return {name: [row[name] for row in rows] for name in plan.inputs}
    if len(plan.inputs) == 1:
        return dict.fromkeys(plan.inputs, rows)
    columns = columns_of(plan)
    if not columns:
        raise malformed("The first row", f"an object of {', '.join(plan.inputs)}", kind_of(rows[0]), _CURE)
    _check_widths(plan, rows)
    return {spec.name: [row[place] for row in rows] for place, spec in enumerate(columns)}


def _check_names(plan: ModelPlan, rows: list[Any]) -> None:
    for index, row in enumerate(rows):
        if object_of(f"Row {index}", row).keys() != plan.inputs.keys():
            missing = [f"missing '{each}'" for each in plan.inputs if each not in row]
            unknown = [f"unknown '{each[:_SHOWN_CHARACTERS]}'" for each in row if each not in plan.inputs]
            raise malformed(f"Row {index}", ", ".join(plan.inputs), ", ".join(missing + unknown), _CURE)


def _check_widths(plan: ModelPlan, rows: list[Any]) -> None:
    width = len(plan.inputs)
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width:
            got = f"an array of {len(row)}" if isinstance(row, list) else kind_of(row)
            raise malformed(f"Row {index}", f"an array of {width}: {', '.join(plan.inputs)}", got, _CURE)


def _tensors(plan: ModelPlan, given: dict[str, Any]) -> dict[str, Tensor]:
    return {name: _tensor(plan.input(name), data) for name, data in given.items()}


def _tensor(spec: InputPlan, data: Any) -> Tensor:
    if not isinstance(data, list):
        raise InferenceError(
            f"Input '{spec.name}' cannot be read", expected="an array", got=kind_of(data), cure=_CURE
        )
    shape = _shape(spec, data)
    spec.check_shape(shape)
    try:
        return values_of(spec, shape, data)
    except (UnclearError, OverflowError, TypeError):
        return values_from_json(spec.name, spec.spec.datatype, shape, data)


def _shape(spec: InputPlan, data: list[Any]) -> list[int]:
    if is_column(spec) and data and not isinstance(data[0], list):
        return column_shape(spec, len(data))
    shape: list[int] = []
    level: Any = data
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    return shape
