"""Inference requests with raw tensors after their JSON.

Source: KServe, "Binary Tensor Data Extension", "Inference Request": the header
Inference-Header-Content-Length says where the JSON ends, `binary_data_size` how long each tensor is.
Of length 0, Triton's "Raw Binary Request": the body is the only input, its shape follows from its size.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import orjson

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.binary_tail import BinaryTail
from serving.tensors.json_request import json_values
from serving.tensors.question import Form, Question
from serving.tensors.raw import item_bytes, read_raw
from serving.tensors.straight import UNUSUAL, read_straight
from serving.tensors.strict_request import BINARY_SIZE, read_strictly
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor
from slipway.onnx.signature import DYNAMIC

_MOST_DIGITS = 18


def read_binary_request(body: bytes | bytearray, header_length: bytes, plan: ModelPlan) -> Question:
    """Read an inference request; `header_length` is what the HTTP header says.

    The tensors have their model's dtypes and shapes, and may share the memory of `body`.

    Raises:
        InferenceError: the length or a size is not the body's, the JSON is no request of the
            protocol, or it is not for this model; names the place, what was expected and what was got.
    """
    end = _json_end(body, header_length)
    if not end:
        return _only_raw(body, plan)
    text = body[:end]
    try:
        tail = BinaryTail(body, end)
        question = read_straight(text, orjson.loads(text), plan, partial(_values, tail))
        tail.check_end()
    except UNUSUAL:
        tail = BinaryTail(body, end)
        question = read_strictly(text, plan, tail)
        tail.check_end()
    return question


def _values(tail: BinaryTail, plan: InputPlan, entry: dict[str, Any]) -> Tensor:
    parameters = entry.get("parameters")
    if not parameters or BINARY_SIZE not in parameters:
        return json_values(plan, entry)
    if "data" in entry:
        raise ValueError
    return tail.take(plan, entry["shape"], parameters[BINARY_SIZE])


def _only_raw(body: bytes | bytearray, plan: ModelPlan) -> Question:
    specs = list(plan.inputs.values())
    spec = specs[0]
    size = item_bytes(spec.datatype, spec.dtype)
    if len(specs) != 1 or not size or spec.shape.count(DYNAMIC) > 1:
        raise InferenceError(
            "The raw tensor has no shape",
            expected="JSON before it, of this model's inputs",
            got="Inference-Header-Content-Length 0",
            cure="Send raw bytes alone only to a model of one numeric input with at most one free dimension.",
        )
    fixed = prod(length for length in spec.shape if length != DYNAMIC) * size
    shape = [len(body) // fixed if length == DYNAMIC else length for length in spec.shape]
    return Question({spec.name: read_raw(spec, shape, body, 0, len(body))}, Form(binary_outputs=True))


def _json_end(body: bytes | bytearray, header_length: bytes) -> int:
    digits = header_length.strip()
    if not digits.isdigit() or len(digits) > _MOST_DIGITS or int(digits) > len(body):
        raise InferenceError(
            "The JSON of the request cannot be told from its raw tensors",
            expected=f"Inference-Header-Content-Length of at most {len(body)}, the length of the body",
            got=repr(header_length.decode("latin-1"))[:60],
            cure="Send in it how many bytes of JSON stand before the raw tensors.",
        )
    return int(digits)
