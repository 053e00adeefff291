"""The one pass over a parsed request that takes what has nothing unusual.

It may give up on any request, by one of the errors `UNUSUAL`, but takes none that the strict
reader would refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.exact_json import may_repeat_a_key
from serving.tensors.json_values import UnclearError
from serving.tensors.options import parameters_of, question_of
from serving.tensors.question import Question
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

UNUSUAL = (UnclearError, InferenceError, KeyError, IndexError, TypeError, ValueError, OverflowError, RuntimeError)

Values = Callable[[InputPlan, dict[str, Any]], Tensor]


def read_straight(text: bytes | bytearray, content: Any, plan: ModelPlan, values: Values) -> Question:
    """Read `content`, parsed from `text`; `values` gives the tensor of an entry whose shape is a list."""
    entries = content["inputs"]
    if type(entries) is not list:
        raise UnclearError
    inputs: dict[str, Tensor] = {}
    pairs = len(content)
    for entry in entries:
        spec = plan.inputs[entry["name"]]
        if entry["datatype"] != spec.datatype or type(entry["shape"]) is not list:
            raise UnclearError
        inputs[spec.name] = values(spec, entry)
        pairs += _pairs(entry) if "parameters" in entry else len(entry)
    if len(inputs) != len(entries):
        raise UnclearError
    if len(content) == 1:
        question = Question(inputs)
    else:
        question = question_of(inputs, content)
        pairs += _pairs_beside(content)
    if text.count(b":") != pairs and may_repeat_a_key(text, content):
        raise UnclearError
    return question


def _pairs(entry: dict[str, Any]) -> int:
    return len(entry) + len(parameters_of("", entry["parameters"]))


def _pairs_beside(content: dict[str, Any]) -> int:
    pairs = len(content.get("parameters") or ())
    for output in content.get("outputs") or ():
        pairs += len(output) + len(output.get("parameters") or ())
    return pairs
