"""What Kubeflow Pipelines' API takes and gives, by its generated models: unknown fields are refused.

The real server refuses them too: its gateway reads JSON with DiscardUnknown off.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import kfp_server_api

_PRIMITIVES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "object": dict,
}


def check(content: Any, kind: str, at: str = "") -> None:
    """Refuse content that is no JSON of a generated model.

    Raises:
        ValueError: says where.
    """
    if found := re.fullmatch(r"list\[(.*)\]", kind):
        _expect(isinstance(content, list), f"{at}: expected a list")
        for index, one in enumerate(content):
            check(one, found[1], f"{at}[{index}]")
    elif found := re.fullmatch(r"dict\(str, (.*)\)", kind):
        _expect(isinstance(content, dict), f"{at}: expected an object")
        if found[1] != "object":  # google.protobuf.Value: anything
            for key, one in content.items():
                check(one, found[1], f"{at}.{key}")
    elif kind == "datetime":
        datetime.fromisoformat(content)
    elif kind in _PRIMITIVES:
        _expect(isinstance(content, _PRIMITIVES[kind]), f"{at}: expected {kind}, got {content!r}")
    else:
        _check_model(content, getattr(kfp_server_api, kind), at)


def _check_model(content: Any, model: Any, at: str) -> None:
    if not model.openapi_types:
        allowed = getattr(model, "allowable_values", None)
        _expect(allowed is None or content in allowed, f"{at}: {content!r} is none of {allowed}")
        return
    _expect(isinstance(content, dict), f"{at}: expected {model.__name__}, got {content!r}")
    kinds = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    for key, value in content.items():
        _expect(key in kinds, f'{at}: unknown field "{key}"')
        check(value, kinds[key], f"{at}.{key}")


def _expect(fact: bool, message: str) -> None:
    if not fact:
        raise ValueError(message)
