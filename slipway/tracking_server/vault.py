"""The vault: backups that share what they have in common.

backups/<name>.json        one manifest a backup, written last
objects/<2 digits>/<sha256>   each content once, however many backups hold it
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

from slipway.errors import BackupError
from slipway.storage import sha256_file
from slipway.tracking_server.manifest import NAME, BackupManifest, StoredFile
from slipway.tracking_server.shelf import Shelf

logger = logging.getLogger(__name__)

LATEST = "latest"
_BACKUPS = "backups/"
_OBJECTS = "objects/"
_NAMED_FAULTS = 5


class Vault:
    """Backups on a shelf; one process at a time may add and prune."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._present: set[str] | None = None
        self._sound: set[str] = set()

    def names(self) -> list[str]:
        """Names of the whole backups, oldest first."""
        stems = (Path(stored.key).stem for stored in self._shelf.list(_BACKUPS))
        return sorted(stem for stem in stems if NAME.fullmatch(stem))

    def find(self, wanted: str) -> BackupManifest:
        """Read the backup that `wanted` ends with the name of, or the newest for `latest`.

        Raises:
            BackupError: there is none of that name, or its manifest is damaged; lists those there are.
        """
        names = self.names()
        chosen = names[-1:] if wanted.endswith(LATEST) else [name for name in names if wanted.endswith(name)]
        if not chosen:
            raise BackupError(
                f"There is no backup '{wanted}'",
                expected=f"one of {', '.join([*reversed(names), LATEST]) if names else '(none is kept)'}",
                cure="End the Job's name with the name of a backup, as in 'restore-latest'.",
            )
        return self._read(chosen[0])

    def keep(self, file: Path, mark: str = "") -> StoredFile:
        """Store a file's content, unless it is there and sound."""
        entry = StoredFile(sha256=sha256_file(file), size_bytes=file.stat().st_size, mark=mark)
        if not self.is_sound(entry):
            self._shelf.put(_key(entry.sha256), file)
            self._contents().add(entry.sha256)
            self._sound.add(entry.sha256)
        return entry

    def is_sound(self, entry: StoredFile) -> bool:
        """Tell whether the content is in the vault as it was kept: read it, once, and compare digests."""
        if entry.sha256 in self._sound:
            return True
        if entry.sha256 not in self._contents():
            return False
        with tempfile.TemporaryDirectory() as scratch:
            try:
                self.fetch(entry, Path(scratch) / "content")
            except BackupError as error:
                logger.warning("%s", error)
                return False
        self._sound.add(entry.sha256)
        return True

    def fetch(self, entry: StoredFile, target: Path) -> None:
        """Copy a content to `target`.

        Raises:
            BackupError: it is missing, or its bytes are others than those kept.
        """
        self._shelf.fetch(_key(entry.sha256), target)
        if (found := sha256_file(target)) != entry.sha256:
            raise BackupError("A content has changed in the vault", expected=f"sha256 {entry.sha256}", got=found)

    def verify(self, manifest: BackupManifest) -> None:
        """Read every content that a backup needs, and compare digests.

        Raises:
            BackupError: names what is missing or damaged.
        """
        self._sound.clear()  # what was read before may have changed since
        files = {"the database's dump": manifest.database, **manifest.artifacts}
        faults = [name for name, entry in files.items() if not self.is_sound(entry)]
        if faults:
            more = f" and {len(faults) - _NAMED_FAULTS} more" if len(faults) > _NAMED_FAULTS else ""
            others = [name for name in reversed(self.names()) if name != manifest.name]
            raise BackupError(
                f"Backup {manifest.name} is damaged: {', '.join(faults[:_NAMED_FAULTS])}{more}",
                cure=f"Nothing has been changed. Restore another: {', '.join(others) or 'none is kept'}.",
            )

    def add(self, manifest: BackupManifest) -> None:
        """Make a backup of contents that are all in the vault; from now on it can be restored."""
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "manifest.json"
            file.write_text(manifest.sealed(), encoding="utf-8")
            self._shelf.put(f"{_BACKUPS}{manifest.name}.json", file)

    def prune(self, keep: int) -> list[str]:
        """Forget all but the newest `keep` backups, then the contents that none needs; names the forgotten.

        While a manifest cannot be read nobody knows what is needed, and every content stays.
        """
        names = self.names()
        forgotten, kept = names[:-keep], names[-keep:]
        for name in forgotten:
            self._shelf.delete(f"{_BACKUPS}{name}.json")
        try:
            needed = {entry.sha256 for name in kept for entry in _files(self._read(name))}
        except BackupError as error:
            logger.warning("Every content stays: %s", error)
            return forgotten
        for sha256 in self._contents() - needed:
            self._shelf.delete(_key(sha256))
        self._present = None
        return forgotten

    def _read(self, name: str) -> BackupManifest:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "manifest.json"
            self._shelf.fetch(f"{_BACKUPS}{name}.json", file)
            return BackupManifest.unsealed(name, file.read_text(encoding="utf-8", errors="replace"))

    def _contents(self) -> set[str]:
        if self._present is None:
            self._present = {Path(stored.key).name for stored in self._shelf.list(_OBJECTS)}
        return self._present


def _key(sha256: str) -> str:
    return f"{_OBJECTS}{sha256[:2]}/{sha256}"


def _files(manifest: BackupManifest) -> Iterable[StoredFile]:
    return [manifest.database, *manifest.artifacts.values()]
