"""From what a person wrote to a model, or to an error that says where it is wrong."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from slipway.errors import SlipwayError

_Model = TypeVar("_Model")


def parse(
    kind: type[_Model] | TypeAdapter[_Model], content: Any, *, what: str, error: type[SlipwayError], cure: str
) -> _Model:
    """Validate content against a pydantic model, or a union of them.

    Args:
        kind: the model, or an adapter of a union of models.
        content: plain mappings, as from YAML or a pipeline parameter.
        what: what the content is, for the message.
        error: the class to raise.
        cure: where to correct it.

    Raises:
        SlipwayError: of class `error`; names the first place that is wrong.
    """
    adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    try:
        return adapter.validate_python(content)
    except ValidationError as failure:
        first = failure.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise error(
            f"{what} is not usable at '{where}': {first['msg']}", got=repr(first["input"])[:80], cure=cure
        ) from failure
