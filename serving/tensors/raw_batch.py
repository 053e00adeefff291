"""Answers to many requests of one run as raw tensors after their JSON, cut from one piece of memory.

Source: KServe, "Binary Tensor Data Extension", "Inference Response".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
import orjson

from serving.inference.plan import ModelPlan
from serving.tensors.raw import item_bytes, write_raw
from slipway.onnx.session import Tensor
from slipway.onnx.signature import Datatype

_KEPT = 256  # heads of one model: rows and wishes vary, memory does not

Head = tuple[bytes, bytes]  # the JSON before an id, and after it


class RawBatch:
    """Writes the answers of one model whose outputs all are wanted raw."""

    def __init__(self, name: str, version: str, plan: ModelPlan) -> None:
        self._opening = orjson.dumps({"model_name": name, "model_version": version})[:-1]
        self._datatypes = {spec.name: str(spec.datatype) for spec in plan.outputs.values()}
        self._item_bytes = {
            spec.name: item_bytes(str(spec.datatype), spec.datatype.numpy) for spec in plan.outputs.values()
        }
        self._heads: dict[tuple[object, ...], Head] = {}

    def takes(self, names: tuple[str, ...]) -> bool:
        """Return whether outputs of these names can be cut: the rows of BYTES differ in length."""
        return all(self._datatypes[name] != Datatype.BYTES for name in names)

    def bodies(
        self, outputs: Sequence[Tensor], names: tuple[str, ...], rows: Sequence[int], ids: Sequence[str | None]
    ) -> list[tuple[bytes, int]]:
        """Write the body of each request, and the length of its JSON; see `JsonBatch.bodies`."""
        raws = [write_raw(self._datatypes[name], output) for name, output in zip(names, outputs, strict=True)]
        if len(rows) == 1:
            return [_body(self._head(names, tuple([output.shape for output in outputs])), ids[0], b"".join(raws))]
        heads = {
            count: self._head(names, tuple([(count, *output.shape[1:]) for output in outputs]))
            for count in set(rows)
        }
        strides = [len(raw) // len(output) for raw, output in zip(raws, outputs, strict=True)]
        pieces = _single_rows(raws, strides) if len(rows) == len(outputs[0]) else _pieces(raws, strides, rows)
        return [
            _body(heads[count], given_id, piece) for count, given_id, piece in zip(rows, ids, pieces, strict=True)
        ]

    def _head(self, names: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> Head:
        made = self._heads.get((names, shapes))
        if made is None:
            made = self._opening, b"," + orjson.dumps({"outputs": list(map(self._entry, names, shapes))})[1:]
            if len(self._heads) < _KEPT:
                self._heads[names, shapes] = made
        return made

    def _entry(self, name: str, shape: tuple[int, ...]) -> dict[str, object]:
        size = prod(shape) * self._item_bytes[name]
        parameters = {"binary_data_size": size}
        return {"name": name, "datatype": self._datatypes[name], "shape": shape, "parameters": parameters}


def _single_rows(raws: list[bytes], strides: list[int]) -> list[bytes]:
    """Give each row its bytes of all outputs: woven together once, a cut each."""
    columns = [
        np.frombuffer(raw, np.uint8).reshape(-1, stride)
        for raw, stride in zip(raws, strides, strict=True)
        if stride
    ]
    woven = np.hstack(columns)
    memory, width = woven.tobytes(), woven.shape[1]
    return [memory[start : start + width] for start in range(0, len(memory), width)]


def _pieces(raws: list[bytes], strides: list[int], rows: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for count in rows:
        stop = start + count
        yield b"".join([raw[start * stride : stop * stride] for raw, stride in zip(raws, strides, strict=True)])
        start = stop


def _body(head: Head, given_id: str | None, raw: bytes) -> tuple[bytes, int]:
    before, after = head
    text = before + after if given_id is None else b'%b,"id":%b%b' % (before, orjson.dumps(given_id), after)
    return text + raw, len(text)
