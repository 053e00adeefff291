"""The form of a request in JSON with one input of numbers."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import orjson

from serving.inference.packing import Packing
from serving.inference.plan import ModelPlan
from serving.tensors.json_form import UNFIT, entries_without_values, first_values
from serving.tensors.json_values import flat_values, kinds_of, packed, packer_of
from serving.tensors.question import Form, Question


class MatrixForm:
    """How the values stand in JSON: from the end of `before` up to `after`, which are told apart by no more."""

    __slots__ = ("_after", "_before", "_form", "_is_boolean", "_kinds", "_name", "_opening", "_packer", "_shape")

    def __init__(self, before: bytes, after: bytes, plan: ModelPlan, form: Form, packing: Packing) -> None:
        self._before = before + b"["
        self._opening = len(before)
        self._after = after
        self._form = form
        ((self._name, (dtype, self._shape)),) = packing.inputs.items()
        self._is_boolean = dtype.kind == "b"
        self._kinds = kinds_of(plan.inputs[self._name])
        self._packer = packer_of((plan.inputs[self._name], prod(self._shape)))

    @classmethod
    def learn(
        cls, body: bytes, start: int, plan: ModelPlan, question: Question, packing: Packing
    ) -> MatrixForm | None:
        """Learn from a request that was read; None where its values stand in no usual place."""
        opening = first_values(body)
        brackets = b"]]" if body[opening + 1 : opening + 2] == b"[" else b"]"
        closing = body.find(brackets, opening) + len(brackets)
        if [data for _, data in entries_without_values(body[:opening] + b"[]" + body[closing:])] != [[]]:
            return None
        return cls(body[start:opening], body[closing:], plan, replace(question.form, packing=packing), packing)

    def read(self, body: bytes, start: int, given_id: str | None) -> Question | None:
        """Read the values, an array of numbers; None where they are anything else."""
        if not (body.startswith(self._before, start) and body.endswith(self._after)):
            return None
        text = body[start + self._opening : len(body) - len(self._after)]
        try:
            data = orjson.loads(text)
            if self._may_hold_others(text):
                data = flat_values(self._kinds, self._shape, data)
            memory = packed(self._packer, data)
        except UNFIT:
            return None
        return Question({self._name: memory}, self._form, given_id)

    def _may_hold_others(self, text: bytes) -> bool:
        # What packs numbers refuses all else but booleans, which it takes for numbers. Looking for their
        # letters costs a tenth of looking at each value's type.
        return self._is_boolean or text[1:2] == b"[" or b"t" in text or b"f" in text
