"""The project's images as values of `charts/slipway`, so that a release runs what is checked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Family -> where its image stands among the values.
PLACES: dict[str, tuple[str, ...]] = {
    "mlflow": ("mlflow", "image"),
    "release": ("serving-runtime", "storage", "image"),
    "serving": ("serving-runtime", "image"),
}


def helm_values(images: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that name these images, given by family; those of steps stand in a pipeline's IR."""
    values: dict[str, Any] = {}
    for family, place in PLACES.items():
        if family not in images:
            continue
        repository, _, tag = images[family].rpartition(":")
        inner = values
        for key in place[:-1]:
            inner = inner.setdefault(key, {})
        inner[place[-1]] = {"repository": repository, "tag": tag}
    return values
