"""What a request says beside its tensors: id, requested outputs, parameters.

Source: Open Inference Protocol v2, "Inference Request JSON Object"; Triton's binary data extension
for `binary_data` and `binary_data_output`, its schedule policy extension for `timeout`.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from serving.tensors.kinds import array_of, kind_of, malformed, name_of, object_of
from serving.tensors.question import Form, Parameter, Question
from serving.tensors.strict_json import first_repeated
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

_MICROSECONDS = 1e-6
_SCALARS = frozenset({str, int, float, bool, type(None)})
_UNSERVED = {
    "classification": "Read the classes from the values.",
    "shared_memory_region": "Ask for the values in the answer's body.",
}


def question_of(inputs: dict[str, Tensor], content: dict[str, Any]) -> Question:
    """Join tensors with what `content`, the whole request, says beside them.

    Raises:
        InferenceError: an id is no string, an output has no name or is asked for twice, or a
            parameter is malformed.
    """
    parameters = parameters_of("The request's 'parameters'", content.get("parameters"))
    outputs, binary = _outputs(content.get("outputs"), parameters)
    form = Form(outputs, binary, _timeout(parameters), parameters)
    return Question(inputs, form, _id(content.get("id")))


def parameters_of(what: str, value: Any) -> dict[str, Parameter]:
    """Return parameters; none for null.

    Raises:
        InferenceError: they are no object of strings, numbers and booleans.
    """
    if value is None:
        return {}
    parameters = object_of(what, value)
    for name, each in parameters.items():
        if type(each) not in _SCALARS:
            raise malformed(f"Parameter '{name[:60]}'", "a string, a number or a boolean", kind_of(each))
    return parameters


def flag(parameters: dict[str, Parameter], name: str, *, default: bool) -> bool:
    """Return a parameter that is true or false.

    Raises:
        InferenceError: it is neither.
    """
    value = parameters.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise malformed(f"Parameter '{name}'", "true or false", kind_of(value))
    return value


def require_values(name: str, parameters: Container[str]) -> None:
    """Raise InferenceError if an output is asked for as something else than its values."""
    for unserved, cure in _UNSERVED.items():
        if unserved in parameters:
            raise InferenceError(
                f"Output '{name[:60]}' cannot be given as asked",
                expected="its values",
                got=f"parameter '{unserved}'",
                cure=cure,
            )


def _outputs(value: Any, parameters: dict[str, Parameter]) -> tuple[tuple[str, ...], frozenset[str] | bool]:
    default = flag(parameters, "binary_data_output", default=False)
    if not value and (value is None or type(value) is list):
        return (), default
    binary = {}
    entries = array_of("'outputs' of the request", value)
    for entry in entries:
        name = name_of("output", entry)
        binary[name] = _is_binary(name, entry, default=default)
    if len(binary) != len(entries):
        raise malformed(
            "The outputs of the request",
            "each name once",
            f"'{first_repeated(entry['name'] for entry in entries)}' twice",
        )
    return tuple(binary), _folded(binary)


def _is_binary(name: str, entry: dict[str, Any], *, default: bool) -> bool:
    if "parameters" not in entry:
        return default
    parameters = parameters_of(f"'parameters' of output '{name[:60]}'", entry["parameters"])
    require_values(name, parameters)
    return flag(parameters, "binary_data", default=default)


def _folded(binary: dict[str, bool]) -> frozenset[str] | bool:
    wanted = frozenset(name for name, is_binary in binary.items() if is_binary)
    return len(wanted) == len(binary) if len(wanted) in (0, len(binary)) else wanted


def _id(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise malformed("The request's 'id'", "a string", kind_of(value))
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise malformed("The request's 'id'", "text in UTF-8", "half of a surrogate pair")
    return value


def _timeout(parameters: dict[str, Parameter]) -> float | None:
    value = parameters.get("timeout")
    if value is None:
        return None
    if type(value) is not int or value < 0:
        got = str(value)[:60] if isinstance(value, int | float) else kind_of(value)
        raise malformed("Parameter 'timeout'", "whole microseconds, 0 for none", got)
    return value * _MICROSECONDS or None
