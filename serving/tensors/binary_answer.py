"""Answers with raw tensors after their JSON.

Source: KServe, "Binary Tensor Data Extension", "Inference Response".
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from serving.inference.plan import ModelPlan
from serving.tensors.json_answer import flat_json
from serving.tensors.raw import write_raw
from slipway.onnx.session import Tensor

_KEPT_ENTRIES = 256  # rows and wishes vary, memory does not


class BinaryAnswer:
    """Writes the answers of one model."""

    __slots__ = ("_datatypes", "_head", "_raw_entries")

    def __init__(self, name: str, version: str, plan: ModelPlan) -> None:
        self._head = orjson.dumps({"model_name": name, "model_version": version})[:-1]
        self._datatypes = {spec.name: str(spec.datatype) for spec in plan.outputs.values()}
        self._raw_entries: dict[tuple[str, tuple[int, ...], int], bytes] = {}

    def write(
        self,
        outputs: Sequence[Tensor],
        names: tuple[str, ...],
        id: str | None,  # noqa: A002
        binary: frozenset[str] | bool,
    ) -> tuple[bytes, int]:
        """Write the outputs of those names, raw those in `binary`; return the body and its JSON's length.

        Raises:
            InferenceError: a string of an output that is not raw is not UTF-8.
        """
        entries, raws = [], []
        for name, values in zip(names, outputs, strict=True):
            if binary is True or (binary and name in binary):
                raw = write_raw(self._datatypes[name], values)
                raws.append(raw)
                entries.append(self._raw_entry(name, values.shape, len(raw)))
            else:
                opening = self._opening(name, values.shape)
                entries.append(b'%b,"data":%b}' % (opening, flat_json(name, values)))
        echo = b"" if id is None else b',"id":' + orjson.dumps(id)
        text = b'%b%b,"outputs":[%b]}' % (self._head, echo, b",".join(entries))
        return b"".join((text, *raws)), len(text)

    def _raw_entry(self, name: str, shape: tuple[int, ...], size: int) -> bytes:
        entry = self._raw_entries.get((name, shape, size))
        if entry is None:
            entry = b'%b,"parameters":{"binary_data_size":%d}}' % (self._opening(name, shape), size)
            if len(self._raw_entries) < _KEPT_ENTRIES:
                self._raw_entries[name, shape, size] = entry
        return entry

    def _opening(self, name: str, shape: tuple[int, ...]) -> bytes:
        return orjson.dumps({"name": name, "datatype": self._datatypes[name], "shape": shape})[:-1]
