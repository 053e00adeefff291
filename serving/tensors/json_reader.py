"""Inference requests of one client are alike but for their values: only these are parsed.

The text around the values of a request that was read whole is kept. Where it comes again, all that
it says holds again: the input, its shape, the outputs asked for, that no key stands twice.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import orjson

from serving.inference.packing import Packing
from serving.inference.plan import ModelPlan
from serving.tensors.json_request import LARGE_BYTES, read_json_request
from serving.tensors.json_values import UnclearError, flat_values, kinds_of, packed, packer_of
from serving.tensors.leading_id import ID_START, leading_id
from serving.tensors.question import Form, Question

_KEPT_FORMS = 64
_DATA = b'"data":'

Texts = tuple[bytes, bytes]  # before the values, without a leading id; after the values


class JsonReader:
    """Reads requests for one model."""

    __slots__ = ("_forms", "_latest", "_plan")

    def __init__(self, plan: ModelPlan) -> None:
        self._plan = plan
        self._forms: dict[Texts, _JsonForm] = {}
        self._latest: _JsonForm | None = None

    def read(self, body: bytes | bytearray) -> Question:
        """Read an inference request, as `read_json_request` does."""
        if len(body) > LARGE_BYTES or not isinstance(body, bytes):
            return read_json_request(body, self._plan)
        latest = self._latest  # which one client's requests all have
        if latest is not None and body.startswith(latest.opening) and body.endswith(latest.after):
            question = latest.read(body[len(latest.opening) - 1 : len(body) - len(latest.after)], None)
            if question is not None:
                return question
        return self._read(body)

    def _read(self, body: bytes) -> Question:
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
                self._latest = form
                return question
        question = read_json_request(body, self._plan)
        if form is None and question.id == given_id and len(question.inputs) == 1:
            self._keep(texts, body[:opening] + b"[]" + body[closing:], question)
        return question

    def _keep(self, texts: Texts, emptied: bytes, question: Question) -> None:
        packing = self._plan.packing(question.inputs, question.form.outputs)
        if packing is None or not _lacks_values(emptied):
            return
        if len(self._forms) == _KEPT_FORMS:
            self._forms.clear()
        self._forms[texts] = _JsonForm(texts, self._plan, packing, replace(question.form, packing=packing))


class _JsonForm:
    """A form of one input, and how its values stand in JSON: from the end of `opening` up to `after`."""

    __slots__ = ("_form", "_is_boolean", "_kinds", "_name", "_packer", "_shape", "after", "opening")

    def __init__(self, texts: Texts, plan: ModelPlan, packing: Packing, form: Form) -> None:
        before, self.after = texts
        self.opening = before + b"["
        self._form = form
        ((self._name, (dtype, self._shape)),) = packing.inputs.items()
        self._is_boolean = dtype.kind == "b"
        self._kinds = kinds_of(plan.inputs[self._name])
        self._packer = packer_of(plan.inputs[self._name], prod(self._shape))

    def read(self, text: bytes, given_id: str | None) -> Question | None:
        """Read the values, an array of numbers; None where they are anything else."""
        try:
            data = orjson.loads(text)
            if self._may_hold_others(text):
                data = flat_values(self._kinds, self._shape, data)
            memory = packed(self._packer, data)
        except (ValueError, OverflowError, IndexError, UnclearError):
            return None
        return Question({self._name: memory}, self._form, given_id)

    def _may_hold_others(self, text: bytes) -> bool:
        # What packs numbers refuses all else but booleans, which it takes for numbers. Looking for their
        # letters costs a tenth of looking at each value's type.
        return self._is_boolean or text[1:2] == b"[" or b"t" in text or b"f" in text


def _lacks_values(emptied: bytes) -> bool:
    """Tell whether the array that was emptied is the values of the first input, not another."""
    try:
        return bool(orjson.loads(emptied)["inputs"][0]["data"] == [])
    except ValueError:
        return False
