"""Requests that differ in their values only.

Clients of one model send the same bytes again and again, up to the raw values at the end. What such
a beginning means was read and checked once; after that only the beginning is compared, and protobuf
is not asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from google.protobuf.message import DecodeError

from serving.grpc.infer.prepared import Prepared
from serving.grpc.infer.wire import INPUT_TAG, length_at, length_delimited_head
from serving.grpc.messages import PREFIX_BYTES
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest
from serving.inference.packing import Memories, Packing, Values
from serving.inference.request import InferRequest
from serving.tensors.raw import NOT_ANY_BYTES, read_texts
from slipway.errors import InferenceError

_MOST_BEGINNING_BYTES = 4096


class RawInput(NamedTuple):
    """Where one input lies in the message, `start` and `end` from the prefix's first byte."""

    name: str
    head: bytes  # the field's tag and length, right before `start`
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it was read and checked."""

    message: ModelInferRequest
    request: InferRequest
    prepared: Prepared
    timeout_seconds: float


class KnownRequest(ABC):
    """A beginning, and all that follows from it."""

    __slots__ = ("name", "packing", "prepared", "timeout_seconds", "version")

    def __init__(self, asked: Asked, packing: Packing) -> None:
        self.name = asked.message.model_name
        self.version = asked.message.model_version or None
        self.prepared = asked.prepared
        self.packing = packing
        self.timeout_seconds = asked.timeout_seconds

    @abstractmethod
    def memories(self, data: bytes, start: int, end: int, /) -> Memories | None:
        """Return the values of a message, prefix and all, or None if it is another."""


class KnownSizes(KnownRequest):
    """A request of numbers: in messages of its length the values lie in the same places."""

    __slots__ = ("_beginning", "_first", "_others")

    def __init__(self, beginning: bytes, inputs: Sequence[RawInput], asked: Asked, packing: Packing) -> None:
        super().__init__(asked, packing)
        self._beginning = beginning
        self._first, *self._others = inputs

    def memories(self, data: bytes, start: int, _end: int, /) -> Memories | None:
        """Return the values of a message of the known length, or None if it is another."""
        if not data.startswith(self._beginning, start):
            return None
        first = self._first
        inputs = {first.name: data[start + first.start : start + first.end]}
        for each in self._others:
            if not data.startswith(each.head, start + each.start - len(each.head)):
                return None
            inputs[each.name] = data[start + each.start : start + each.end]
        return inputs


class KnownOrder(KnownRequest):
    """A request with strings, which are of any length: the values follow one another."""

    __slots__ = ("_beginning", "_inputs")

    def __init__(self, beginning: bytes, inputs: Sequence[RawInput], asked: Asked, packing: Packing) -> None:
        super().__init__(asked, packing)
        self._beginning = beginning[PREFIX_BYTES : len(beginning) - len(inputs[0].head)]
        plans = asked.prepared.plan.inputs
        self._inputs = [
            (plans[each.name], each.head, each.end - each.start, prod(packing.inputs[each.name][1]))
            for each in inputs
        ]

    def memories(self, data: bytes, start: int, end: int, /) -> Memories | None:
        """Return the values of a message, or None if it is another or its strings are unusual."""
        position = start + PREFIX_BYTES
        if data[start] or not data.startswith(self._beginning, position):  # 1 is a compressed message
            return None
        position += len(self._beginning)
        values: dict[str, Values] = {}
        try:
            for spec, head, size, count in self._inputs:
                if not spec.dtype.hasobject:
                    if not data.startswith(head, position):
                        return None
                    first = position + len(head)
                    position = first + size
                    values[spec.name] = data[first:position]
                elif data.startswith(INPUT_TAG, position):
                    length, first = length_at(data, position + len(INPUT_TAG))
                    position = first + length
                    values[spec.name] = read_texts(spec, count, data[first:position])
                else:
                    return None
        except (ValueError, InferenceError):
            return None
        return values if position == end else None


def learn(data: bytes, start: int, end: int, asked: Asked) -> KnownRequest | None:
    """Return what the next request of the same beginning may skip, or None if it may not.

    An id is a part of the beginning that changes with each request.
    """
    plan = asked.prepared.plan
    if asked.message.id or not asked.message.raw_input_contents:
        return None
    if any(plan.inputs[name].datatype in NOT_ANY_BYTES for name in asked.request.inputs):
        return None
    packing = plan.packing(asked.request.inputs, asked.request.outputs)
    if packing is None:
        return None
    inputs = _locate(end - start, asked)
    first = inputs[0].start
    beginning = data[start : start + first]
    if first > _MOST_BEGINNING_BYTES or not _is_all_but_raw(beginning[: first - len(inputs[0].head)]):
        return None
    if any(data[start + each.start - len(each.head) : start + each.start] != each.head for each in inputs):
        return None
    kind = KnownOrder if packing.has_strings else KnownSizes
    return kind(beginning, inputs, asked, packing)


def _locate(size: int, asked: Asked) -> list[RawInput]:
    """Find the raw contents where serializers put them, as it is the last field: at the end."""
    inputs: list[RawInput] = []
    message, end = asked.message, size
    for tensor, raw in zip(reversed(message.inputs), reversed(message.raw_input_contents), strict=True):
        head = length_delimited_head(INPUT_TAG, len(raw))
        start = end - len(raw)
        inputs.insert(0, RawInput(tensor.name, head, start, end))
        end = start - len(head)
    return inputs


def _is_all_but_raw(beginning: bytes) -> bool:
    # That it parses shows that it ends with a field, and so that the raw contents begin after it.
    try:
        return not ModelInferRequest.FromString(beginning[PREFIX_BYTES:]).raw_input_contents
    except DecodeError:
        return False
