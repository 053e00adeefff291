"""Answers of KServe's V1 protocol: one prediction for each row.

Source: KServe, "V1 Inference Protocol", "Predict"; NaN and infinity become null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from serving.tensors.json_answer import texts_of
from slipway.onnx.session import Tensor


def write_v1_answer(outputs: Sequence[Tensor], names: tuple[str, ...]) -> bytes:
    """Write the outputs of those names.

    Of one output a prediction is the row, of several an object of rows by name. Where the outputs
    have no rows in common, the predictions are one object of whole outputs.

    Raises:
        InferenceError: a string of the model is not UTF-8.
    """
    content = {"predictions": _predictions(outputs, names)}
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def _predictions(outputs: Sequence[Tensor], names: tuple[str, ...]) -> Any:
    counts = {len(values) if values.ndim else -1 for values in outputs}
    wholes = [_serializable(name, values) for name, values in zip(names, outputs, strict=True)]
    if len(counts) != 1 or -1 in counts:
        return dict(zip(names, wholes, strict=True)) if len(names) != 1 else wholes
    if len(names) == 1:
        return wholes[0]
    return [dict(zip(names, row, strict=True)) for row in zip(*wholes, strict=True)]


def _serializable(name: str, values: Tensor) -> Any:
    if values.dtype.hasobject:
        return np.array(texts_of(name, values), dtype=object).reshape(values.shape).tolist()
    if values.ndim < 2 and values.dtype.kind != "f":
        return values.tolist()  # ONNX Runtime's integers are of a type that orjson knows in arrays only
    if values.ndim < 2 and values.dtype.kind in "iu":  # orjson knows NumPy's scalars by C's names, not all of them
        return values.tolist()
    return np.ascontiguousarray(values) if values.ndim else values[()]
