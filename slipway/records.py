"""Frozen data classes from JSON, without pydantic: what a model server reads when it starts.

Pydantic's import and the building of its validators cost 15 MB and a quarter of a second there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

_Record = TypeVar("_Record")
_Reader = Callable[[Any, Any, str], Any]

# The Python types of the JSON values that each plain type is read from, and its name.
_PLAIN: dict[type, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a string"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((float, int), "a number"),
}


def read_record(kind: type[_Record], content: Any) -> _Record:
    """Build a data class, and those inside it, from parsed JSON: every field, of its type, and no other.

    Raises:
        ValueError: names the first place that is wrong.
    """
    record: _Record = _read(kind, content, "")
    return record


def _read(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in _CONTAINERS:
        return _CONTAINERS[origin](get_args(kind), value, where)
    if is_dataclass(kind):
        return _record(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, value, where)
    types, words = _PLAIN[kind]
    if type(value) not in types:
        raise _misfit(where, words, value)
    return kind(value)


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise _misfit(where, "an object", value)
    types = _types(kind)
    if unknown := sorted(set(value) - set(types)):
        raise ValueError(f"{where or 'it'} has the unknown field '{unknown[0]}'")
    required = {field.name for field in fields(kind) if field.default is MISSING}
    if missing := sorted(required - set(value)):
        raise ValueError(f"{where or 'it'} lacks the field '{missing[0]}'")
    return kind(**{name: _read(types[name], value[name], f"{where}.{name}".lstrip(".")) for name in value})


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _member(kind: type[Enum], value: Any, where: str) -> Enum:
    try:
        return kind(value)
    except ValueError as error:
        raise _misfit(where, f"one of {', '.join(str(member.value) for member in kind)}", value) from error


def _tuple(arguments: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _misfit(where, "an array", value)
    return tuple(_read(arguments[0], item, f"{where}[{place}]") for place, item in enumerate(value))


def _dict(arguments: Any, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _misfit(where, "an object", value)
    return {name: _read(arguments[1], item, f"{where}['{name}']") for name, item in value.items()}


def _literal(arguments: Any, value: Any, where: str) -> Any:
    if value not in arguments:
        raise _misfit(where, " or ".join(map(repr, arguments)), value)
    return value


def _union(arguments: Any, value: Any, where: str) -> Any:
    faults = []
    for kind in arguments:
        try:
            return _read(kind, value, where)
        except ValueError as error:
            faults.append(str(error))
    raise ValueError(", nor: ".join(faults))


def _misfit(where: str, expected: str, value: Any) -> ValueError:
    return ValueError(f"{where or 'it'} is not {expected}: {value!r}"[:200])


_CONTAINERS: dict[Any, _Reader] = {tuple: _tuple, dict: _dict, Literal: _literal, UnionType: _union}
