"""Inference requests in JSON, as fast as Python reads them.

Nearly every request is read in one pass. Where anything is unusual or wrong, the strict reader
decides, and says what is wrong.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.json_values import UnclearError, values_of
from serving.tensors.large_json import LargeJson
from serving.tensors.question import Question
from serving.tensors.straight import UNUSUAL, read_straight
from serving.tensors.strict_request import BINARY_SIZE, read_strictly
from slipway.onnx.session import Tensor

LARGE_BYTES = 2560  # from here on the buffers of simdjson pay for its proxies


def read_json_request(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read an inference request; the tensors have their model's dtypes and shapes.

    Raises:
        InferenceError: the body is no JSON, no request of the protocol, or not for this model;
            names the place, what was expected and what was got.
    """
    if len(body) > LARGE_BYTES:
        with suppress(*UNUSUAL):
            return read_large(body, plan)
    try:
        return read_small(body, plan)
    except UNUSUAL:
        return read_strictly(body, plan)


def read_small(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read what has nothing unusual, or raise one of the errors `UNUSUAL`."""
    return read_straight(body, orjson.loads(body), plan, json_values)


def read_large(body: bytes | bytearray, plan: ModelPlan) -> Question:
    """Read many numbers with nothing unusual, or raise one of the errors `UNUSUAL`."""
    large = LargeJson(body)
    question = read_straight(body, large.content, plan, large.values)
    large.check_arrays()
    return question


def json_values(plan: InputPlan, entry: dict[str, Any]) -> Tensor:
    """Read the values under 'data', or raise one of the errors `UNUSUAL`."""
    if "parameters" in entry and BINARY_SIZE in (entry["parameters"] or ()):
        raise UnclearError
    return values_of(plan, entry["shape"], entry["data"])
