"""What finished steps left, found again by the step's code, parameters and inputs.

The key is KFP's: image, command, arguments, URIs. The image's tag is a digest of the code, so
changed code never meets old results. KFP's own entry is good as soon as its paths exist, and never
when an artifact is metadata alone, as metrics often are. Here an entry remembers every file of
every artifact with its size and is good when all are there: what has vanished or was cut is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from slipway.storage import write_whole

_ARTIFACTS, _ONE_ARTIFACT = "artifacts", "artifact"


class StepCache:
    """Answers KFP's runner in the place of its `LocalCache`; several runs may share the folder."""

    def __init__(
        self, folder: Path, *, read: bool, found: Callable[[], None], may_keep: Callable[[], bool]
    ) -> None:
        from kfp.local.cache import LocalCache

        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._read = read
        self._found = found
        self._may_keep = may_keep
        self._kfp = LocalCache(str(folder))

    def compute_key(self, **facts: Any) -> str:
        """Return KFP's key of a task, 64 hex digits."""
        return str(self._kfp.compute_key(**facts))

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the outputs kept under `key`, or None when there are none or not all of them."""
        if not self._read:
            return None
        try:
            entry = json.loads(self._path(key).read_text())
            if not all(_inventory(uri) == files for uri, files in entry["files"].items()):
                return None
            outputs = {name: _restored(value) for name, value in entry["outputs"].items()}
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):  # none, or not one of ours
            return None
        self._found()
        return outputs

    def put(self, key: str, outputs: dict[str, Any]) -> None:
        """Keep a step's outputs under `key`; the newest stay."""
        if self._may_keep():
            files = {artifact.uri: _inventory(artifact.uri) for artifact in _artifacts(outputs)}
            kept = {name: _kept(value) for name, value in outputs.items()}
            write_whole(self._path(key), json.dumps({"outputs": kept, "files": files}))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def _artifacts(outputs: dict[str, Any]) -> Iterator[Any]:
    for value in outputs.values():
        for item in value if isinstance(value, list) else [value]:
            if _is_artifact(item):
                yield item


def _is_artifact(value: Any) -> bool:
    from kfp import dsl

    return isinstance(value, dsl.Artifact)


def _inventory(uri: str) -> dict[str, int] | None:
    """Return path -> bytes of an artifact's files, None where there is nothing (or nothing local)."""
    path = Path(uri)
    if uri and path.is_dir():
        return {str(f.relative_to(path)): f.stat().st_size for f in sorted(path.rglob("*")) if f.is_file()}
    return {"": path.stat().st_size} if path.is_file() else None


def _kept(value: Any) -> dict[str, Any]:
    if _is_artifact(value):
        return {_ONE_ARTIFACT: _facts(value)}
    if isinstance(value, list) and value and _is_artifact(value[0]):
        return {_ARTIFACTS: [_facts(item) for item in value]}
    return {"value": value}


def _facts(artifact: Any) -> dict[str, Any]:
    return {
        "type": {"schemaTitle": artifact.schema_title},
        "name": artifact.name,
        "uri": artifact.uri,
        "metadata": artifact.metadata,
    }


def _restored(kept: dict[str, Any]) -> Any:
    from kfp.dsl.executor import create_artifact_instance

    if _ONE_ARTIFACT in kept:
        return create_artifact_instance(kept[_ONE_ARTIFACT])
    if _ARTIFACTS in kept:
        return [create_artifact_instance(facts) for facts in kept[_ARTIFACTS]]
    return kept["value"]
