"""Readers of bodies: whatever comes, an answer of theirs or an error for the client, and the fast as the strict.

The first byte of the data chooses the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from serving.grpc.infer.known import Asked, KnownRequest, KnownSizes, learn
from serving.grpc.infer.question import Question as MessageQuestion
from serving.grpc.messages import PREFIX_BYTES, prefix
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest
from serving.inference.plan import ModelPlan
from serving.tensors.binary_reader import BinaryReader
from serving.tensors.binary_request import read_binary_request
from serving.tensors.binary_tail import BinaryTail
from serving.tensors.csv_request import read_csv_request
from serving.tensors.json_reader import JsonReader
from serving.tensors.json_request import read_json_request, read_large, read_small
from serving.tensors.question import Parameter, Question
from serving.tensors.straight import UNUSUAL
from serving.tensors.strict_request import read_strictly
from serving.tensors.v1_request import read_v1_request
from slipway.errors import InferenceError
from tests.fuzz.models import PLANS

Outcome = tuple[Any, ...] | None  # what was read, or None where the client is at fault

_REPLY: Any = SimpleNamespace(writer=None)


def json_request(data: bytes) -> None:
    """Read JSON with each reader: the strict one decides what the others must say."""
    plan, body = _chosen(data)
    expected = _outcome(plan, lambda: read_strictly(body, plan))
    remembering = JsonReader(plan)
    for read in (remembering.read, remembering.read, lambda text: read_json_request(text, plan)):
        _check(expected, _outcome(plan, lambda read=read: read(body)), read)  # type: ignore[misc]
    for fast in (read_small, read_large):
        try:
            question = fast(body, plan)
        except UNUSUAL:
            continue
        _check(expected, _outcome(plan, lambda question=question: question), fast)  # type: ignore[misc]


def json_again(data: bytes) -> None:
    """Read two requests, a line each: what was learned from the first must not show in the second."""
    plan, lines = _chosen(data)
    first, _, second = lines.partition(b"\n")
    remembering = JsonReader(plan)
    _outcome(plan, lambda: remembering.read(first))
    expected = _outcome(plan, lambda: read_strictly(second, plan))
    _check(expected, _outcome(plan, lambda: remembering.read(second)), remembering.read)


def binary_again(data: bytes) -> None:
    """Read raw tensors after the same JSON twice, half of the bytes behind it each time."""
    plan, rest = _chosen(data)
    body = rest[1:]
    end = min(len(body), rest[0] * 16) if rest else 0
    middle = (end + len(body)) // 2
    length = b"%d" % end
    remembering = BinaryReader(plan)
    for tail in (body[end:middle], body[middle:]):
        sent = body[:end] + tail
        expected = _outcome(plan, lambda sent=sent: read_binary_request(sent, length, plan))  # type: ignore[misc]
        got = _outcome(plan, lambda sent=sent: remembering.read(sent, length))  # type: ignore[misc]
        _check(expected, got, remembering.read)


def grpc_again(data: bytes) -> None:
    """Know a message from another, which is as long as the next byte says: it means what protobuf says."""
    plan, rest = _chosen(data)
    end = 1 + rest[0] if rest else 0
    known = _known(plan, rest[1:end])
    if known is None:
        return
    sent = prefix.pack(0, len(rest[end:])) + rest[end:]
    if isinstance(known, KnownSizes) and len(sent) != PREFIX_BYTES + end - 1:
        return  # it is not asked
    memories = known.memories(sent, 0, len(sent))
    if memories is None:
        return
    question = MessageQuestion.of(ModelInferRequest.FromString(rest[end:]), plan)
    request = plan.request(question.inputs, question.outputs, _REPLY, 0.0)
    assert (request.outputs, request.rows) == (known.packing.outputs, known.packing.rows)
    for name, values in known.packing.arrays(memories).items():
        np.testing.assert_array_equal(values, request.inputs[name])


def _known(plan: ModelPlan, content: bytes) -> KnownRequest | None:
    try:
        message = ModelInferRequest.FromString(content)
        question = MessageQuestion.of(message, plan)
        request = plan.request(question.inputs, question.outputs, _REPLY, 0.0)
    except (DecodeError, InferenceError):
        return None
    prepared: Any = SimpleNamespace(plan=plan, outputs=request.outputs)
    sent = prefix.pack(0, len(content)) + content
    return learn(sent, 0, len(sent), Asked(message, request, prepared, question.timeout_seconds))


def binary_request(data: bytes) -> None:
    """Read raw tensors after JSON; the next byte times 16 is how long the JSON is."""
    plan, rest = _chosen(data)
    body = rest[1:]
    end = min(len(body), rest[0] * 16) if rest else 0
    length = b"%d" % end
    remembering = BinaryReader(plan)
    first, again, plain = (
        _outcome(plan, lambda read=read: read(body, length))  # type: ignore[misc]
        for read in (remembering.read, remembering.read, lambda text, size: read_binary_request(text, size, plan))
    )
    expected = _outcome(plan, lambda: _strictly(body, end, plan)) if end else plain
    for got in (first, again, plain):
        _check(expected, got, read_binary_request)


def header_length(data: bytes) -> None:
    """Read a length that may be anything."""
    plan, rest = _chosen(data)
    length, _, body = rest.partition(b"\n")
    _outcome(plan, lambda: BinaryReader(plan).read(body, length))


def v1_request(data: bytes) -> None:
    """Read rows in JSON."""
    plan, body = _chosen(data)
    _outcome(plan, lambda: read_v1_request(body, plan))


def csv_request(data: bytes) -> None:
    """Read rows in CSV."""
    plan, body = _chosen(data)
    _outcome(plan, lambda: read_csv_request(body, plan))


def _chosen(data: bytes) -> tuple[ModelPlan, bytes]:
    return PLANS[data[0] % len(PLANS) if data else 0], data[1:]


def _strictly(body: bytes, end: int, plan: ModelPlan) -> Question:
    tail = BinaryTail(body, end)
    question = read_strictly(body[:end], plan, tail)
    tail.check_end()
    return question


def _outcome(plan: ModelPlan, read: Callable[[], Question]) -> Outcome:
    try:
        question = read()
    except InferenceError as error:
        str(error).encode(errors="backslashreplace")
        return None
    tensors = []
    for name, values in sorted(question.inputs.items()):
        spec = plan.inputs[name]
        assert values.dtype == spec.dtype, (values.dtype, spec.dtype)
        assert spec.check_shape(values.shape) == values.size
        content = values.tolist() if values.dtype.hasobject else values.tobytes()
        tensors.append((name, values.shape, content))
    rest = (question.form.outputs, question.form.binary_outputs, question.id, question.form.timeout_seconds)
    return (
        tensors,
        *rest,
        repr(sorted((name, _shown(value)) for name, value in question.form.parameters.items())),
    )


def _shown(value: Parameter) -> str:
    if isinstance(value, int) and abs(value) >= 1 << 63:  # a double to fast parsers
        value = float(value) if abs(value) < 1 << 1023 else inf
    return repr(value)


def _check(expected: Outcome, got: Outcome, read: object) -> None:
    assert got == expected, f"{read}: {got} instead of {expected}"
