"""Finding things in rendered objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]


def named(objects: Iterable[Object], kind: str, name: str) -> Object:
    """The object of a kind with a name.

    Raises:
        LookupError: there is none.
    """
    for one in objects:
        if one["kind"] == kind and one["metadata"]["name"] == name:
            return one
    raise LookupError(f"no {kind} {name}")


def main_container(workload: Object) -> Object:
    """The first container of a Deployment, StatefulSet or Job."""
    return workload["spec"]["template"]["spec"]["containers"][0]


def environment(workload: Object) -> dict[str, Any]:
    """The variables of its first container: a value, or where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in main_container(workload).get("env", [])}
