"""Between the REST bodies of the Open Inference Protocol and the server's own types.

Source: Open Inference Protocol v2, "HTTP/REST": "Inference Request JSON Object" and "Inference
Response JSON Object". Unknown keys are ignored, as the protocol's extensions need.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from serving.protocol import InferRequest, InferResponse, Parameter
from serving.strict_json import first_repeated, read_json
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import NamedTensor, tensor_json, values_from_json

_NAME_CHARACTERS = 1024
_CURE = "See 'Inference Request' in the Open Inference Protocol."
_NO_BINARY = "Send the values as JSON under 'data': binary tensors are not supported."


def decode_request(body: bytes) -> InferRequest:
    """Read an inference request.

    Raises:
        InferenceError: the body is no JSON, or no request of the protocol; names the place.
    """
    content = _object("The request", read_json(body))
    inputs = tuple(_input(entry) for entry in _array("inputs", content.get("inputs")))
    outputs = tuple(_name("output", entry) for entry in _array("outputs", content.get("outputs") or []))
    _require_unique("input", tuple(tensor.name for tensor in inputs))
    _require_unique("output", outputs)
    return InferRequest(
        inputs=inputs,
        outputs=outputs,
        id=_id(content.get("id")),
        parameters=_parameters(content.get("parameters") or {}),
    )


def encode_response(response: InferResponse, *, model_name: str, model_version: str) -> bytes:
    """Write an inference response; NaN becomes null."""
    content: dict[str, Any] = {
        "model_name": model_name,
        "model_version": model_version,
        "outputs": [tensor_json(each.name, each.datatype, each.values) for each in response.outputs],
    }
    if response.id is not None:
        content["id"] = response.id
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def _input(entry: Any) -> NamedTensor:
    name = _name("input", entry)
    if "data" not in entry:
        raise _malformed(f"Input '{name}'", "'data'", "none", _NO_BINARY)
    datatype = _datatype(name, entry.get("datatype"))
    values = values_from_json(name, datatype, _shape(name, entry.get("shape")), entry["data"])
    return NamedTensor(name, datatype, values)


def _name(side: str, entry: Any) -> str:
    name = _object(f"Each {side}", entry).get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _NAME_CHARACTERS:
        raise _malformed(f"An {side}", f"a 'name' of 1 to {_NAME_CHARACTERS} characters", _kind(name))
    return name


def _datatype(name: str, value: Any) -> Datatype:
    try:
        return Datatype(value)
    except ValueError as error:
        got = f"'{value[:60]}'" if isinstance(value, str) else _kind(value)
        raise _malformed(f"The datatype of input '{name}'", f"one of {', '.join(Datatype)}", got) from error


def _shape(name: str, value: Any) -> list[int]:
    if not isinstance(value, list) or any(type(size) is not int or size < 0 for size in value):
        raise _malformed(f"The shape of input '{name}'", "an array of whole numbers, none negative", _kind(value))
    return value


def _id(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _malformed("The request's 'id'", "a string", _kind(value))
    return value


def _parameters(value: Any) -> Mapping[str, Parameter]:
    parameters = _object("The request's 'parameters'", value)
    for name, each in parameters.items():
        if not isinstance(each, Parameter):
            raise _malformed(f"Parameter '{name[:60]}'", "a string, a number or a boolean", _kind(each))
    return parameters


def _object(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(what, "an object", _kind(value))
    return value


def _array(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _malformed(f"'{key}' of the request", "an array", _kind(value))
    return value


def _require_unique(side: str, names: tuple[str, ...]) -> None:
    if len(set(names)) != len(names):
        raise _malformed(f"The {side}s of the request", "each name once", f"'{first_repeated(names)}' twice")


def _kind(value: Any) -> str:
    return _JSON_KINDS[type(value)]


def _malformed(what: str, expected: str, got: str, cure: str = _CURE) -> InferenceError:
    return InferenceError(f"{what} cannot be read", expected=expected, got=got, cure=cure)


_JSON_KINDS: dict[type, str] = {
    type(None): "nothing",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}
