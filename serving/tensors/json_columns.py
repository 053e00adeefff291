"""The form of a request in JSON with several inputs, or with strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, compress
from math import prod
from typing import Any, NamedTuple

import orjson

from serving.inference.packing import Packing, Values
from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.json_form import DATA, UNFIT, entries_without_values
from serving.tensors.json_values import UnclearError, kinds_of, packed, packer_of
from serving.tensors.question import Form, Question

_KEPT_TYPES = 64


class _Texts(NamedTuple):
    """What stands around the values; each piece ends with a bracket, and all but the first begin with one."""

    pieces: list[bytes]  # before the values of each input
    after: bytes


class ColumnsForm:
    """The text between the values, and how all numbers of a request are packed at once."""

    __slots__ = (
        "_after",
        "_counts",
        "_fitting",
        "_form",
        "_is_number",
        "_kinds",
        "_numbers",
        "_packer",
        "_pieces",
        "_strings",
    )

    def __init__(self, texts: _Texts, inputs: Sequence[InputPlan], form: Form, packing: Packing) -> None:
        self._pieces = [(piece, len(piece)) for piece in texts.pieces]
        self._after = texts.after
        self._form = form
        self._counts = [prod(packing.inputs[spec.name][1]) for spec in inputs]
        counted = list(zip(inputs, self._counts, strict=True))
        self._kinds = [kinds_of(spec) for spec, count in counted for _ in range(count)]
        self._fitting: set[tuple[type, ...]] = set()  # types of values that were looked at one by one
        self._is_number = [not spec.dtype.hasobject for spec, count in counted for _ in range(count)]
        self._packer = packer_of(*counted)
        self._strings = [(spec.name, place) for place, spec in enumerate(inputs) if spec.dtype.hasobject]
        self._numbers = _places(counted)

    @classmethod
    def learn(
        cls, body: bytes, start: int, plan: ModelPlan, question: Question, packing: Packing
    ) -> ColumnsForm | None:
        """Learn from a request that was read; None where values stand in no array, or in one of several rows."""
        names = list(question.inputs)
        texts = _split(body, start, len(names))
        emptied = body[:start] + b"".join(texts.pieces) + texts.after
        if [name for name, data in entries_without_values(emptied) if data in ([], [[]])] != names:
            return None
        return cls(texts, [plan.inputs[name] for name in names], replace(question.form, packing=packing), packing)

    def read(self, body: bytes, start: int, given_id: str | None) -> Question | None:
        """Read the values of all inputs; None where they are not arrays of the right types and lengths."""
        position, texts = start, []
        for piece, length in self._pieces:
            if not body.startswith(piece, position):
                return None
            start = position + length
            position = body.find(b"]", start)
            texts.append(body[start:position])
        if body[position:] != self._after:
            return None
        try:
            return Question(self._values(orjson.loads(b"[[" + b"],[".join(texts) + b"]]")), self._form, given_id)
        except UNFIT:
            return None

    def _values(self, lists: list[list[Any]]) -> dict[str, Values]:
        # No text has a closing bracket, so each list is that of one input, whatever the texts say.
        flat = list(chain.from_iterable(lists))
        types = tuple(map(type, flat))
        if list(map(len, lists)) != self._counts or not (types in self._fitting or self._fit(types)):
            raise UnclearError
        memory = packed(self._packer, list(compress(flat, self._is_number)))
        values: dict[str, Values] = {name: memory[start:stop] for name, start, stop in self._numbers}
        for name, place in self._strings:
            values[name] = lists[place]
        return values

    def _fit(self, types: tuple[type, ...]) -> bool:
        fit = all(kind in kinds for kind, kinds in zip(types, self._kinds, strict=True))
        if fit and len(self._fitting) < _KEPT_TYPES:
            self._fitting.add(types)
        return fit


def _split(body: bytes, start: int, inputs: int) -> _Texts:
    """Cut the first array behind each `DATA` out, up to its first closing bracket."""
    pieces = []
    for _ in range(inputs):
        opening = body.find(b"[", body.find(DATA, start)) + 1
        while body[opening : opening + 1] == b"[":
            opening += 1
        pieces.append(body[start:opening])
        start = max(opening, body.find(b"]", opening))
    return _Texts(pieces, body[start:])


def _places(counted: Sequence[tuple[InputPlan, int]]) -> list[tuple[str, int, int]]:
    """Return of each input of numbers its name, and where it starts and stops in the packed memory."""
    places, start = [], 0
    for spec, count in counted:
        if not spec.dtype.hasobject:
            places.append((spec.name, start, start + count * spec.itemsize))
            start += count * spec.itemsize
    return places
