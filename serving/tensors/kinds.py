"""Parts of a JSON request by their kinds, refused by name where they are of another."""

from __future__ import annotations

from typing import Any

from slipway.errors import InferenceError

_NAME_CHARACTERS = 1024
_CURE = "See 'Inference Request' in the Open Inference Protocol."
_KINDS: dict[type, str] = {
    type(None): "nothing",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def kind_of(value: Any) -> str:
    """Name the JSON kind of a value; null counts as nothing."""
    return _KINDS[type(value)]


def malformed(what: str, expected: str, got: str, cure: str = _CURE) -> InferenceError:
    """Make the error of a part that is not what the protocol has there."""
    return InferenceError(f"{what} cannot be read", expected=expected, got=got, cure=cure)


def object_of(what: str, value: Any) -> dict[str, Any]:
    """Return an object, or raise InferenceError."""
    if not isinstance(value, dict):
        raise malformed(what, "an object", kind_of(value))
    return value


def array_of(what: str, value: Any) -> list[Any]:
    """Return an array, or raise InferenceError."""
    if not isinstance(value, list):
        raise malformed(what, "an array", kind_of(value))
    return value


def name_of(side: str, entry: Any) -> str:
    """Return the name of an input or output, or raise InferenceError."""
    name = object_of(f"Each {side}", entry).get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _NAME_CHARACTERS:
        raise malformed(f"An {side}", f"a 'name' of 1 to {_NAME_CHARACTERS} characters", kind_of(name))
    return name
