"""JSON as RFC 8259 has it, and nothing that Python's parser takes besides.

Slow and exact: for bodies that the fast parsers refuse, or may have misread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from slipway.errors import InferenceError


def read_json(body: bytes | bytearray) -> Any:
    """Parse a body.

    Raises:
        InferenceError: it is not UTF-8, not JSON, nested too deeply, names a key twice, or holds
            NaN or Infinity, which JSON does not have.
    """
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise unreadable("UTF-8", f"byte {body[error.start]:#04x} at position {error.start}") from error
    except RecursionError as error:
        raise unreadable("arrays and objects a few levels deep", "hundreds of levels") from error
    except ValueError as error:  # JSONDecodeError, or a number of more digits than Python reads
        raise unreadable("JSON", str(error)) from error


def first_repeated(names: Iterable[str]) -> str:
    """Return the start of the first name that stands there a second time; empty where none does."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name[:60]
        seen.add(name)
    return ""


def unreadable(expected: str, got: str) -> InferenceError:
    """Make the error of a body that is not JSON."""
    return InferenceError(
        "The request's body cannot be read",
        expected=expected,
        got=got,
        cure="Send JSON in UTF-8; a missing number is null.",
    )


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise unreadable("each key once", f"'{first_repeated(name for name, _ in pairs)}' twice")
    return content


def _refuse_constant(literal: str) -> NoReturn:
    raise unreadable("numbers or null", f"{literal}, which JSON does not have")
