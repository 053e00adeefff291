"""Answers in CSV: one line a row, the values of all outputs one after another.

Source: RFC 4180; NaN and infinity are empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import orjson

from serving.tensors.json_answer import texts_of
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

_END = "\r\n"


def write_csv_answer(outputs: Sequence[Tensor], names: tuple[str, ...]) -> bytes:
    """Write the outputs of those names.

    Raises:
        InferenceError: a string of the model is not UTF-8, or the outputs have no rows in common.
    """
    if len({values.shape[:1] for values in outputs}) != 1 or not outputs[0].ndim:
        raise InferenceError(
            "This answer cannot be written as CSV",
            expected="outputs of one first dimension, the rows",
            got=", ".join(
                f"'{name}' of shape {list(values.shape)}" for name, values in zip(names, outputs, strict=True)
            ),
            cure="Accept application/json.",
        )
    columns = [_row_texts(name, values) for name, values in zip(names, outputs, strict=True)]
    return b"".join([b",".join(row) + b"\n" for row in zip(*columns, strict=True)])


def _row_texts(name: str, values: Tensor) -> list[bytes]:
    rows = values.reshape(len(values), -1)
    if rows.dtype.hasobject:
        texts = texts_of(name, rows)
        width = rows.shape[1]
        return [_quoted(texts[start : start + width]) for start in range(0, len(texts), width)]
    text = orjson.dumps(rows.copy(order="C"), option=orjson.OPT_SERIALIZE_NUMPY)
    return text[2:-2].replace(b"null", b"").split(b"],[")


def _quoted(texts: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator=_END).writerow(texts)  # which quotes what stands in its line's end
    return line.getvalue().removesuffix(_END).encode()
