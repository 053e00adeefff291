"""Readers of bodies: whatever comes, an answer of theirs or an error for the client, and the fast as the strict.

The first byte of the data chooses the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

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
