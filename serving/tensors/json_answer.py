"""Answers in the JSON of the Open Inference Protocol, written around pre-built text.

Source: Open Inference Protocol v2, "Inference Response JSON Object"; values are flat, row-major.
JSON has no NaN and no infinity: both are null.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from serving.inference.plan import ModelPlan
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

_KEPT_SHAPES = 64  # of one output: rows vary, memory does not
_CURE = "Ask for this output as binary data, which takes any bytes."


class JsonAnswer:
    """Writes the answers of one model."""

    __slots__ = ("_head", "_openings")

    def __init__(self, name: str, version: str, plan: ModelPlan) -> None:
        head = orjson.dumps({"model_name": name, "model_version": version})
        self._head = head[:-1]
        self._openings = {
            spec.name: _Opening(orjson.dumps({"name": spec.name, "datatype": str(spec.datatype)}))
            for spec in plan.outputs.values()
        }

    def write(self, outputs: Sequence[Tensor], names: tuple[str, ...], id: str | None) -> bytes:  # noqa: A002
        """Write the outputs of those names, and the id of the request where it had one.

        Raises:
            InferenceError: a string of the model is not UTF-8.
        """
        parts = [self._head, b',"outputs":[' if id is None else b',"id":%b,"outputs":[' % orjson.dumps(id)]
        openings = self._openings
        for name, values in zip(names, outputs, strict=True):
            parts.append(openings[name][values.shape])
            parts.append(flat_json(name, values))
            parts.append(b"},")
        if not names:
            return b"".join(parts) + b"]}"
        parts[-1] = b"}]}"
        return b"".join(parts)


class _Opening(dict[tuple[int, ...], bytes]):
    """The text of one output up to its values, by shape."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self._head = head[:-1]

    def __missing__(self, shape: tuple[int, ...]) -> bytes:
        text = b'%b,"shape":%b,"data":' % (self._head, orjson.dumps(shape))
        if len(self) < _KEPT_SHAPES:
            self[shape] = text
        return text


def flat_json(name: str, values: Tensor) -> bytes:
    """Write the values of output `name` as one flat JSON array.

    Raises:
        InferenceError: a string is not UTF-8.
    """
    if values.dtype.hasobject:
        return orjson.dumps(texts_of(name, values))
    return orjson.dumps(values.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)


def texts_of(name: str, values: Tensor) -> list[str]:
    """Return the strings of output `name`, row-major.

    Raises:
        InferenceError: one is not UTF-8.
    """
    flat = values.ravel().tolist()
    try:
        texts = [each.decode() if isinstance(each, bytes) else each for each in flat]
        "".join(texts).encode()
    except UnicodeError as error:
        raise InferenceError(
            f"Output '{name}' cannot be written as text", expected="strings in UTF-8", got=str(error), cure=_CURE
        ) from error
    return texts
