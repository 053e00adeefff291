"""Inference requests of one client are alike but for their values: only these are parsed.

The text around the values of a request that was read whole is kept. Where it comes again, all that
it says holds again: the input, its shape, the outputs asked for, that no key stands twice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson

from serving.inference.plan import ModelPlan
from serving.tensors.json_request import LARGE_BYTES, read_json_request
from serving.tensors.json_values import UnclearError, flat_values, kinds_of, packed, packer_of
from serving.tensors.leading_id import ID_START, leading_id
from serving.tensors.question import Question

_KEPT_FORMS = 64
_DATA = b'"data":'

Texts = tuple[bytes, bytes]  # before the values, without a leading id; after the values


class JsonReader:
    """Reads requests for one model."""

    __slots__ = ("_forms", "_plan")

    def __init__(self, plan: ModelPlan) -> None:
        self._plan = plan
        self._forms: dict[Texts, _Form] = {}

    def read(self, body: bytes | bytearray) -> Question:
        """Read an inference request, as `read_json_request` does."""
        if len(body) > LARGE_BYTES or not isinstance(body, bytes):
            return read_json_request(body, self._plan)
        given_id, start = leading_id(body) if body.startswith(ID_START) else (None, 0)
        opening = body.find(b"[", body.find(_DATA))
        if body[opening + 1 : opening + 2] == b"[":
            closing = body.find(b"]]", opening) + 2
        else:
            closing = body.find(b"]", opening) + 1
        texts = (body[start:opening], body[closing:])
        form = self._forms.get(texts)
        if form is not None:
            question = form.read(body[opening:closing], given_id)
            if question is not None:
                return question
        question = read_json_request(body, self._plan)
        if form is None and question.id == given_id and len(question.inputs) == 1:
            self._keep(texts, body[:opening] + b"[]" + body[closing:], question)
        return question

    def _keep(self, texts: Texts, emptied: bytes, question: Question) -> None:
        name = next(iter(question.inputs))
        if self._plan.inputs[name].datatype == "BYTES" or not _lacks_values(emptied):
            return
        if len(self._forms) == _KEPT_FORMS:
            self._forms.clear()
        self._forms[texts] = _Form(self._plan, name, question)


class _Form:
    """All that a request says beside values and id."""

    __slots__ = ("_dtype", "_is_boolean", "_kinds", "_name", "_packer", "_question", "_shape")

    def __init__(self, plan: ModelPlan, name: str, question: Question) -> None:
        values = question.inputs[name]
        self._name = name
        self._shape = values.shape
        self._dtype = values.dtype
        self._is_boolean = values.dtype.kind == "b"
        self._kinds = kinds_of(plan.inputs[name])
        self._packer = packer_of(plan.inputs[name], values.size)
        self._question = replace(question, inputs={}, id=None)

    def read(self, text: bytes, given_id: str | None) -> Question | None:
        """Read the values, an array of numbers; None where they are anything else."""
        try:
            data = orjson.loads(text)
            if self._may_hold_others(text):
                data = flat_values(self._kinds, self._shape, data)
            memory = packed(self._packer, data)
        except (ValueError, OverflowError, IndexError, UnclearError):
            return None
        rest = self._question
        inputs = {self._name: np.ndarray(self._shape, self._dtype, memory)}
        return Question(inputs, rest.outputs, rest.binary_outputs, given_id, rest.timeout_seconds, rest.parameters)

    def _may_hold_others(self, text: bytes) -> bool:
        # What packs numbers refuses all else but booleans, which it takes for numbers. Looking for their
        # letters costs a tenth of looking at each value's type.
        return self._is_boolean or text[1:2] == b"[" or b"tr" in text or b"fa" in text


def _lacks_values(emptied: bytes) -> bool:
    """Tell whether the array that was emptied is the values of the first input, not another."""
    try:
        return bool(orjson.loads(emptied)["inputs"][0]["data"] == [])
    except ValueError:
        return False
