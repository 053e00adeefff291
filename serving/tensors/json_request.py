"""Inference requests in JSON, as fast as Python reads them.

Nearly every request is read here in one pass. Where anything is unusual or wrong, the strict
reader decides, and says what is wrong; the fast way takes nothing that it would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.json_values import UnclearError, values_of
from serving.tensors.large_json import LargeJson
from serving.tensors.options import parameters_of, question_of
from serving.tensors.question import Question
from serving.tensors.repeated_keys import may_repeat_a_key
from serving.tensors.strict_request import BINARY_SIZE, read_strictly
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

UNUSUAL = (UnclearError, InferenceError, KeyError, IndexError, TypeError, ValueError, OverflowError, RuntimeError)

_BARE_ENTRY = 4  # name, shape, datatype, data
_LARGE_BYTES = 2560  # from here on the buffers of simdjson pay for its proxies
_Values = Callable[[InputPlan, Sequence[Any], Any], Tensor]


def read_json_request(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read an inference request; the tensors have their model's dtypes and shapes.

    Raises:
        InferenceError: the body is no JSON, no request of the protocol, or not for this model;
            names the place, what was expected and what was got.
    """
    if len(body) > _LARGE_BYTES:
        with suppress(*UNUSUAL):
            return read_large(body, plan)
    try:
        return read_straight(body, plan)
    except UNUSUAL:
        return read_strictly(body, plan)


def read_straight(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read what has nothing unusual, or raise one of the errors `UNUSUAL`."""
    return _question(body, orjson.loads(body), plan, values_of)


def read_large(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read a long request of numbers with nothing unusual, or raise one of the errors `UNUSUAL`."""
    large = LargeJson(body)
    question = _question(body, large.content, plan, large.values_of)
    large.check_arrays()
    return question


def _question(body: bytes | bytearray, content: dict[str, Any], plan: ModelPlan, values_of: _Values) -> Question:
    entries = content["inputs"]
    if type(entries) is not list:
        raise UnclearError
    inputs: dict[str, Tensor] = {}
    pairs = len(content)
    for entry in entries:
        spec = plan.inputs[entry["name"]]
        if entry["datatype"] != spec.datatype or type(entry["shape"]) is not list:
            raise UnclearError
        inputs[spec.name] = values_of(spec, entry["shape"], entry["data"])
        pairs += len(entry) if len(entry) == _BARE_ENTRY else _pairs(entry)
    if len(inputs) != len(entries):
        raise UnclearError
    if len(content) == 1:
        question = Question(inputs)
    else:
        question = question_of(inputs, content)
        pairs += _pairs_beside(content)
    if body.count(b":") != pairs and may_repeat_a_key(body, content):
        raise UnclearError
    return question


def _pairs(entry: dict[str, Any]) -> int:
    parameters = parameters_of("", entry.get("parameters"))
    if BINARY_SIZE in parameters:
        raise UnclearError
    return len(entry) + len(parameters)


def _pairs_beside(content: dict[str, Any]) -> int:
    pairs = len(content.get("parameters") or ())
    for output in content.get("outputs") or ():
        pairs += len(output) + len(output.get("parameters") or ())
    return pairs
