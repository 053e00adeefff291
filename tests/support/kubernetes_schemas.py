"""Says whether an object is what Kubernetes or a custom resource's definition takes, without a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.support.environments import PackagesError, environment
from tests.support.helm import TOOLS

# The definitions are handed out beside the checkout; whoever has only the project does without.
CRDS = Path(__file__).resolve().parents[3] / "shared/crds"
VERSIONS = ("1.36", "1.37")

_FOLDER = "lib/python3.*/site-packages/kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict"
_DEFINITIONS = "_definitions.json"
_KINDS = "x-kubernetes-group-version-kind"


def problems(one: Mapping[str, Any], schema: Mapping[str, Any], registry: Registry = Registry()) -> list[str]:  # noqa: B008
    """What is wrong with an object, each with the place."""
    found = Draft202012Validator(schema, registry=registry).iter_errors(one)
    return [f"{'.'.join(map(str, error.absolute_path)) or 'object'}: {error.message}" for error in found]


@cache
def builtin_schemas(version: str) -> tuple[dict[tuple[str, str], dict[str, Any]], Registry]:
    """The strict schemas of a Kubernetes version, by apiVersion and kind; skips where they cannot be had."""
    try:
        packages = environment(TOOLS / "schemas.txt", dependencies=False).parent.parent
    except PackagesError as error:
        pytest.skip(f"{error}\nRun this once where a package index can be reached: it is kept in .venv/clients.")
    (folder,) = packages.glob(_FOLDER.format(version=version))
    files = (json.loads(path.read_bytes()) for path in folder.glob("*-*.json"))
    definitions = Resource(json.loads((folder / _DEFINITIONS).read_bytes()), DRAFT202012)
    by_kind = {key: schema for schema in files for key in _keys(schema)}
    return by_kind, Registry().with_resource(f"https://kubernetes.io/api/{_DEFINITIONS}", definitions)


@cache
def custom_schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """The schemas of custom resources, by apiVersion and kind; an unknown field is an error."""
    if not CRDS.is_dir():
        pytest.skip("the definitions of custom resources are not beside this checkout (../shared/crds)")
    return dict(found for path in sorted(CRDS.glob("*.yaml")) for found in _definitions(path))


def _definitions(path: Path) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for definition in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
        if not definition or definition.get("kind") != "CustomResourceDefinition":
            continue
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = _strict(version.get("schema", {}).get("openAPIV3Schema", {}))
            properties = schema.setdefault("properties", {})
            properties.update({"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}})
            yield (f"{spec['group']}/{version['name']}", spec["names"]["kind"]), schema


def _strict(schema: Any) -> Any:
    """Turn a structural schema into JSON Schema that knows no other fields than those listed."""
    if not isinstance(schema, dict):
        return schema
    inner = {key: _deeper(key, value) for key, value in schema.items() if key not in {"default", "example"}}
    if schema.get("x-kubernetes-int-or-string") is True:
        inner.pop("type", None)
        inner["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("type") == "object" and "properties" in schema and not _is_open(schema):
        inner.setdefault("additionalProperties", False)
    if schema.get("nullable") is True and "type" in inner:
        inner["type"] = [inner["type"], "null"]
    return inner


def _deeper(keyword: str, value: Any) -> Any:
    if keyword in {"properties", "patternProperties"}:
        return {name: _strict(one) for name, one in value.items()}
    if keyword in {"anyOf", "allOf", "oneOf"}:
        return [_strict(one) for one in value]
    return _strict(value) if keyword in {"items", "additionalProperties", "not"} else value


def _is_open(schema: Mapping[str, Any]) -> bool:
    """True where a custom resource takes fields that its definition does not list."""
    return any(
        schema.get(f"x-kubernetes-{word}") is True for word in ("preserve-unknown-fields", "embedded-resource")
    )


def _keys(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in schema.get(_KINDS, []):
        version = one["version"]
        yield (f"{one['group']}/{version}" if one["group"] else version, one["kind"])
