"""Inference requests of one client with raw tensors: the JSON is the same again and again, and parsed once."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

import numpy as np
import orjson

from serving.inference.packing import Values
from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.binary_request import read_binary_request
from serving.tensors.leading_id import leading_id
from serving.tensors.question import Form, Question
from serving.tensors.raw import NOT_ANY_BYTES, NOT_IN_MEMORY_SO, read_raw, read_texts
from serving.tensors.strict_request import BINARY_SIZE
from slipway.onnx.session import Tensor

_KEPT_FORMS = 64
_LOOKED_AT = NOT_ANY_BYTES | NOT_IN_MEMORY_SO
_MOST_JSON_BYTES = 2048


class BinaryReader:
    """Reads requests for one model."""

    __slots__ = ("_forms", "_lengths", "_plan")

    def __init__(self, plan: ModelPlan) -> None:
        self._plan = plan
        self._lengths: dict[bytes, int] = {}
        self._forms: dict[bytes, _Form | _PackedForm] = {}

    def read(self, body: bytes | bytearray, header_length: bytes) -> Question:
        """Read an inference request, as `read_binary_request` does."""
        end = self._lengths.get(header_length, 0)
        text = bytes(body[:end])
        given_id, start = leading_id(text)
        form = self._forms.get(text[start:])
        if form is not None and len(body) == end + form.size:
            return form.read(body, end, given_id)
        question = read_binary_request(body, header_length, self._plan)
        self._keep(bytes(body[: int(header_length)]), header_length, question)
        return question

    def _keep(self, text: bytes, header_length: bytes, question: Question) -> None:
        given_id, start = leading_id(text)
        if not 0 < len(text) <= _MOST_JSON_BYTES or question.id != given_id:
            return
        try:
            entries = orjson.loads(text)["inputs"]
        except orjson.JSONDecodeError:  # the strict reader takes numbers and escapes that orjson does not
            return
        form = _form_of(self._plan, entries, question)
        if form is None:
            return
        if len(self._forms) >= _KEPT_FORMS or len(self._lengths) >= _KEPT_FORMS:
            self._forms.clear()
            self._lengths.clear()
        self._lengths[header_length] = len(text)
        self._forms[text[start:]] = form


class _Place(NamedTuple):
    """Where a tensor lies after the JSON; `item_bytes` is 0 where its bytes are not memory as they are."""

    spec: InputPlan
    shape: tuple[int, ...]
    start: int
    stop: int
    item_bytes: int

    def read(self, body: bytes | bytearray, end: int) -> Tensor:
        """Return the tensor that lies so far behind `end`."""
        start, size = end + self.start, self.item_bytes
        if size and start % size == 0:
            return np.ndarray(self.shape, self.spec.dtype, body, start)
        return read_raw(self.spec, self.shape, body, start, end + self.stop)


class _Form(NamedTuple):
    """All that a request says beside values and id."""

    places: list[_Place]
    size: int
    form: Form

    def read(self, body: bytes | bytearray, end: int, given_id: str | None) -> Question:
        return Question({place.spec.name: place.read(body, end) for place in self.places}, self.form, given_id)


class _PackedForm(NamedTuple):
    """The same, where all values can be packed: numbers as they lie there, strings as they are."""

    numbers: list[tuple[str, int, int]]  # of each input: name, start and stop behind the JSON
    strings: list[tuple[InputPlan, int, int, int]]  # of each input: plan, count, start and stop
    size: int
    form: Form

    def read(self, body: bytes | bytearray, end: int, given_id: str | None) -> Question:
        values: dict[str, Values] = {name: body[end + start : end + stop] for name, start, stop in self.numbers}
        for spec, count, start, stop in self.strings:
            values[spec.name] = read_texts(spec, count, body[end + start : end + stop])
        return Question(values, self.form, given_id)


def _form_of(plan: ModelPlan, entries: list[dict[str, Any]], question: Question) -> _Form | _PackedForm | None:
    """Note where the tensors lie; None where one lies in the JSON."""
    places: list[_Place] = []
    stop = 0
    for entry, values in zip(entries, question.inputs.values(), strict=True):
        if "data" in entry:
            return None
        start, stop = stop, stop + entry["parameters"][BINARY_SIZE]
        spec = plan.input(entry["name"])
        places.append(_Place(spec, values.shape, start, stop, 0 if spec.datatype in _LOOKED_AT else spec.itemsize))
    packing = plan.packing(question.inputs, question.form.outputs)
    if packing is None or any(place.spec.datatype in NOT_ANY_BYTES for place in places):
        return _Form(places, stop, question.form)
    numbers = [(place.spec.name, place.start, place.stop) for place in places if place.item_bytes]
    strings = [
        (place.spec, prod(place.shape), place.start, place.stop) for place in places if not place.item_bytes
    ]
    return _PackedForm(numbers, strings, stop, replace(question.form, packing=packing))
