"""Forms of requests in JSON: all of a request's text but its values.

The text was read whole once. Where it comes again, all that it says holds again: the inputs, their
shapes, the outputs asked for, that no key stands twice. Only the values are parsed.
"""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from serving.tensors.json_values import UnclearError
from serving.tensors.question import Question

DATA = b'"data":'
UNFIT = (ValueError, OverflowError, IndexError, UnclearError)  # values that are not simply those of the form


class JsonForm(Protocol):
    """A form that was learned from one request."""

    def read(self, body: bytes, start: int, given_id: str | None) -> Question | None:
        """Read a request that begins at `start`, behind a leading id.

        None where it is of another form, or its values need the strict reader.
        """


def first_values(body: bytes) -> int:
    """Return where the array of the first input's values begins, if the keys come in the usual order."""
    return body.find(b"[", body.find(DATA))


def entries_without_values(emptied: bytes) -> list[tuple[str, Any]]:
    """Return the name and values of each input of a request whose values were cut out; none if it is broken."""
    try:
        return [(entry["name"], entry.get("data")) for entry in orjson.loads(emptied)["inputs"]]
    except ValueError:
        return []
