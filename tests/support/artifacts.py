"""KFP artifacts on the local disk, as its launcher hands them to a component."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from kfp import dsl

_Kind = TypeVar("_Kind", bound=dsl.Artifact)


def artifact(path: Path, kind: type[_Kind] = dsl.Artifact) -> _Kind:
    """An artifact at a path, which need not exist yet."""
    return kind(name=path.name, uri=str(path))
