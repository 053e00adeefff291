"""Inference requests of one client are alike but for their values: only these are parsed."""

from __future__ import annotations

from serving.inference.plan import ModelPlan
from serving.tensors.json_columns import ColumnsForm
from serving.tensors.json_form import JsonForm, first_values
from serving.tensors.json_matrix import MatrixForm
from serving.tensors.json_request import LARGE_BYTES, read_json_request
from serving.tensors.leading_id import leading_id
from serving.tensors.question import Question

_KEPT_BEGINNINGS = 64
_KEPT_OF_A_BEGINNING = 4


class JsonReader:
    """Reads requests for one model, and learns their forms, which it keeps by the text before the first values."""

    __slots__ = ("_forms", "_latest", "_plan")

    def __init__(self, plan: ModelPlan) -> None:
        self._plan = plan
        self._forms: dict[bytes, list[JsonForm]] = {}
        self._latest: JsonForm | None = None

    def read(self, body: bytes | bytearray) -> Question:
        """Read an inference request, as `read_json_request` does."""
        if len(body) > LARGE_BYTES or not isinstance(body, bytes):
            return read_json_request(body, self._plan)
        if self._latest is not None:  # which one client's requests all have
            question = self._latest.read(body, 0, None)
            if question is not None:
                return question
        return self._read(body)

    def _read(self, body: bytes) -> Question:
        given_id, start = leading_id(body)
        before = body[start : first_values(body)]
        for form in self._forms.get(before, ()):
            question = form.read(body, start, given_id)
            if question is not None:
                self._latest = form
                return question
        question = read_json_request(body, self._plan)
        if question.id == given_id:
            self._learn(before, body, start, question)
        return question

    def _learn(self, before: bytes, body: bytes, start: int, question: Question) -> None:
        packing = self._plan.packing(question.inputs, question.form.outputs)
        if packing is None:
            return
        kind: type[MatrixForm | ColumnsForm]
        kind = MatrixForm if len(packing.inputs) == 1 and not packing.has_strings else ColumnsForm
        learned = kind.learn(body, start, self._plan, question, packing)
        if learned is None:
            return
        if len(self._forms) == _KEPT_BEGINNINGS:
            self._forms.clear()
        kept = self._forms.setdefault(before, [])
        kept.insert(0, learned)
        del kept[_KEPT_OF_A_BEGINNING:]
