"""Where a dataset came from: every ancestor's digest, down to the source files."""

from __future__ import annotations

from slipway.frozen import Frozen


class SourceFile(Frozen):
    """A file from outside, pinned by its SHA-256."""

    url: str
    sha256: str
    licence: str = ""


class DatasetNode(Frozen):
    """One dataset of the chain; `parents` are digests of other nodes."""

    name: str
    digest: str
    rows: int
    step: str
    parents: tuple[str, ...] = ()
    sources: tuple[SourceFile, ...] = ()


def merge_ancestries(*ancestries: tuple[DatasetNode, ...]) -> tuple[DatasetNode, ...]:
    """Each node once, parents before children, in the order first seen."""
    merged: dict[str, DatasetNode] = {}
    for ancestry in ancestries:
        for node in ancestry:
            merged.setdefault(node.digest, node)
    return tuple(merged.values())
