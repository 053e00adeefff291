"""What a step gave, as its run's record keeps it: where an artifact is, or a parameter's value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.frozen import Frozen

PARAMETER = "parameter"


class OutputRecord(Frozen):
    """One output of a step.

    `kind` is `parameter`, or an artifact's type as in KFP: Dataset, Model, Metrics. `value` is a
    parameter's value or an artifact's metadata; metrics are nothing else.
    """

    kind: str
    value: Any
    path: str | None = None


def output_records(outputs: Mapping[str, Any]) -> dict[str, OutputRecord]:
    """Return the records of what KFP's runner says a step gave, a list's items each under its number."""
    return {name: _record(value) for name, value in sorted(_each(outputs))}


def _each(outputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in outputs.items():
        if isinstance(value, list) and value and hasattr(value[0], "uri"):
            yield from ((f"{name}[{index}]", item) for index, item in enumerate(value))
        else:
            yield name, value


def _record(value: Any) -> OutputRecord:
    if not hasattr(value, "uri"):
        return OutputRecord(kind=PARAMETER, value=value)
    kind = str(value.schema_title).rpartition(".")[2]
    return OutputRecord(kind=kind, value=dict(value.metadata), path=value.uri)
