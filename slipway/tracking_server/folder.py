"""A folder as a shelf: a backup volume."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from slipway.errors import BackupError
from slipway.storage import storage_errors
from slipway.tracking_server.shelf import Stored

_PARTIAL = ".partial-"


class FolderShelf:
    """Keys are paths below the folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Every file whose key starts with `prefix`, by key."""
        for path in sorted(self._root.rglob("*")):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and path.is_file() and not path.name.startswith(_PARTIAL):
                yield Stored(key, path.stat().st_size, self._mark(path))

    def fetch(self, key: str, target: Path, mark: str = "") -> None:
        """Copy a file to `target`."""
        source = self._root / key
        if not source.is_file() or (mark and self._mark(source) != mark):
            raise BackupError(f"'{source}' is missing or has changed", cure="Run the command again.")
        with storage_errors(target):
            shutil.copyfile(source, target)

    def put(self, key: str, source: Path) -> None:
        """Store a file; it reaches the disk before it gets its name."""
        target = self._root / key
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, scratch = tempfile.mkstemp(prefix=_PARTIAL, dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as file, source.open("rb") as content:
                    shutil.copyfileobj(content, file)
                    os.fsync(file.fileno())
                Path(scratch).replace(target)
            except BaseException:
                Path(scratch).unlink(missing_ok=True)
                raise

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""
        (self._root / key).unlink(missing_ok=True)

    @staticmethod
    def _mark(path: Path) -> str:
        return str(path.stat().st_mtime_ns)
