"""A pipeline's parameters: `-p key=value` typed by what the pipeline declares.

KFP carries values as protobuf `Value`s, which know one kind of number: integers inside lists and
dicts reach a step as floats. Parameters declared `int` stay integers. The same rule is applied
here, so that a value given by hand and the same value as a default make the same cache key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from slipway.errors import UsageError

_PYTHON_NAMES = {
    "STRING": "str",
    "NUMBER_INTEGER": "int",
    "NUMBER_DOUBLE": "float",
    "BOOLEAN": "bool",
    "LIST": "list (JSON)",
    "STRUCT": "dict (JSON)",
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "STRING": str,
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}
_LARGEST_INT = 2**53  # KFP carries integers as IEEE doubles
_TRUTH = {"true": True, "false": False}


def parse_assignments(assignments: Sequence[str]) -> dict[str, str]:
    """Split `key=value` arguments; the value may hold further equals signs.

    Raises:
        UsageError: one has no equals sign, or a key comes twice.
    """
    given: dict[str, str] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not key:
            raise UsageError(
                "A parameter cannot be read",
                expected="-p key=value",
                got=f"-p {assignment}",
                cure="Write the value.",
            )
        if key in given:
            raise UsageError(f"Parameter '{key}' is given twice", cure="Give it once.")
        given[key] = value
    return given


def typed_overrides(document: dict[str, Any], given: dict[str, str], pipeline: str) -> dict[str, Any]:
    """Type the given values by the parameters that IR `document` declares.

    Raises:
        UsageError: a key is unknown or a value is of another type; lists the parameters.
    """
    declared = _declared(document)
    _require_known(document, given, pipeline)
    return {key: _typed(key, value, declared[key]["parameterType"]) for key, value in given.items()}


def checked_values(document: dict[str, Any], given: Mapping[str, Any], pipeline: str) -> dict[str, Any]:
    """Return values that came as YAML, after a look at whether they are of the types that IR `document` declares.

    Raises:
        UsageError: a key is unknown or a value is of another type.
    """
    declared = _declared(document)
    _require_known(document, given, pipeline)
    for key, value in given.items():
        kind = declared[key]["parameterType"]
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "BOOLEAN"):
            raise UsageError(
                f"Parameter '{key}' of pipeline '{pipeline}' does not fit",
                expected=_PYTHON_NAMES[kind],
                got=repr(value),
                cure="Correct the value.",
            )
    return {key: _normal(value, declared[key]["parameterType"]) for key, value in given.items()}


def complete_arguments(
    document: dict[str, Any], pipeline: str, given: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return every parameter's value, the typed one that is given or else the default in IR `document`.

    Raises:
        UsageError: a parameter has no value: KFP's local runner cannot pass None to a step.
    """
    inputs = document.get("root", {}).get("inputDefinitions", {})
    if inputs.get("artifacts"):
        raise UsageError(
            f"Pipeline '{pipeline}' takes artifacts as inputs: {', '.join(inputs['artifacts'])}",
            cure="Take a path or URI as a parameter and import it in the first step.",
        )
    declared = _declared(document)
    values = {key: spec["defaultValue"] for key, spec in declared.items() if "defaultValue" in spec} | dict(given)
    missing = [key for key in declared if key not in values]
    if missing:
        raise UsageError(
            f"Pipeline '{pipeline}' needs a value for: {', '.join(missing)}",
            expected=describe_parameters(document),
            cure=f"Add -p {missing[0]}=...",
        )
    return {key: _normal(values[key], spec["parameterType"]) for key, spec in declared.items()}


def describe_parameters(document: dict[str, Any]) -> str:
    """Return `name (type, default)` of each parameter, for people."""
    described = (
        f"{key} ({_PYTHON_NAMES[spec['parameterType']]}, {_default(spec)})"
        for key, spec in _declared(document).items()
    )
    return ", ".join(described) or "none"


def _default(spec: dict[str, Any]) -> str:
    if "defaultValue" not in spec:
        return "required"
    value = spec["defaultValue"]
    return f"default {json.dumps(int(value) if spec['parameterType'] == 'NUMBER_INTEGER' else value)}"


def _declared(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    parameters: dict[str, dict[str, Any]] = (
        document.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    )
    return parameters


def _require_known(document: dict[str, Any], given: Mapping[str, Any], pipeline: str) -> None:
    for key in given:
        if key not in _declared(document):
            raise UsageError(
                f"Pipeline '{pipeline}' has no parameter '{key}'",
                expected=f"one of: {describe_parameters(document)}",
                cure="Correct the name.",
            )


def _typed(key: str, text: str, kind: str) -> Any:
    try:
        return _READERS[kind](text)
    except ValueError as error:
        raise UsageError(
            f"Parameter '{key}' does not fit",
            expected=_PYTHON_NAMES[kind],
            got=repr(text),
            cure=_example(key, kind),
        ) from error


def _example(key: str, kind: str) -> str:
    examples = {"BOOLEAN": "true", "LIST": '\'["a", "b"]\'', "STRUCT": "'{\"a\": 1}'", "NUMBER_DOUBLE": "0.5"}
    return f"Write for example -p {key}={examples.get(kind, '3')}."


def _read_int(text: str) -> int:
    value = int(text)
    if abs(value) > _LARGEST_INT:
        raise ValueError(text)
    return value


def _read_bool(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _reader_of(kind: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = json.loads(text)
        if not isinstance(value, kind):
            raise ValueError(text)  # noqa: TRY004 (told to the user as a value that does not fit)
        return value

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "STRING": str,
    "NUMBER_INTEGER": _read_int,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": _read_bool,
    "LIST": _reader_of(list),
    "STRUCT": _reader_of(dict),
}


def _normal(value: Any, kind: str) -> Any:
    """Give a value the Python type in which KFP's runner hands it on."""
    return int(value) if kind == "NUMBER_INTEGER" else _floats(value)


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
