"""Answers to many requests of one run, in the JSON of the Open Inference Protocol.

Source: Open Inference Protocol v2, "Inference Response JSON Object"; values are flat, row-major.
JSON has no NaN and no infinity: both are null. Every output is turned into text once and cut
between its rows: a tenth of what turning each request's rows costs.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from serving.inference.plan import ModelPlan
from serving.tensors.json_answer import flat_json
from slipway.onnx.session import Tensor

_KEPT = 256  # frames of one model: rows and wishes vary, memory does not

Frame = list[bytes]  # head, text before the first values, (values, text after them) for each output


class JsonBatch:
    """Writes the answers of one model."""

    def __init__(self, name: str, version: str, plan: ModelPlan) -> None:
        self._head = orjson.dumps({"model_name": name, "model_version": version})[:-1]
        self._outputs = plan.outputs
        self._frames: dict[tuple[object, ...], Frame] = {}

    def bodies(
        self, outputs: Sequence[Tensor], names: tuple[str, ...], rows: Sequence[int], ids: Sequence[str | None]
    ) -> list[bytes]:
        """Write one body for each request.

        Args:
            outputs: of all requests, joined along their first dimension.
            names: of these outputs.
            rows: of each request.
            ids: of each request, None where it gave none.

        Raises:
            InferenceError: a string of the model is not UTF-8.
        """
        if len(rows) == 1:
            texts = [flat_json(name, output)[1:-1] for name, output in zip(names, outputs, strict=True)]
            frame = self._frame(names, tuple([output.shape for output in outputs]))
            return [self._fill(frame, texts, ids[0])]
        columns = [_row_texts(name, output) for name, output in zip(names, outputs, strict=True)]
        frames = {
            count: self._frame(names, tuple([(count, *output.shape[1:]) for output in outputs]))
            for count in set(rows)
        }
        bodies = []
        start = 0
        for count, given_id in zip(rows, ids, strict=True):
            stop = start + count
            if count == 1:
                texts = [column[start] for column in columns]
            else:
                texts = [b",".join(column[start:stop]) for column in columns]
            bodies.append(self._fill(frames[count], texts, given_id))
            start = stop
        return bodies

    def _fill(self, frame: Frame, texts: list[bytes], given_id: str | None) -> bytes:
        parts = frame.copy()
        parts[2::2] = texts
        if given_id is not None:
            parts[0] += b',"id":' + orjson.dumps(given_id)
        return b"".join(parts)

    def _frame(self, names: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> Frame:
        frame = self._frames.get((names, shapes))
        if frame is None:
            frame = self._made_frame(names, shapes)
            if len(self._frames) < _KEPT:
                self._frames[names, shapes] = frame
        return frame

    def _made_frame(self, names: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> Frame:
        openings = [
            orjson.dumps({"name": name, "datatype": str(self._outputs[name].datatype), "shape": shape})[:-1]
            + b',"data":['
            for name, shape in zip(names, shapes, strict=True)
        ]
        between = [b"]}," + opening for opening in openings[1:]]
        frame = [self._head, b',"outputs":[' + openings[0]]
        for text in (*between, b"]}]}"):
            frame += [b"", text]
        return frame


def _row_texts(name: str, values: Tensor) -> list[bytes]:
    rows = values.reshape(len(values), -1)
    if values.dtype.hasobject:  # a string may hold what is cut at below
        return [flat_json(name, row)[1:-1] for row in rows]
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")
