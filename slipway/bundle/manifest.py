"""The manifest: the SHA-256 and size of each file of a bundle, and so the bundle's own digest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from slipway.errors import BundleError, DigestMismatchError
from slipway.records import read_record
from slipway.storage import sha256_file

MANIFEST_FILE = "manifest.json"
FORMAT = "slipway-bundle/1"


_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileEntry:
    """One file's fingerprint."""

    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256) or self.size_bytes < 0:
            raise ValueError(f"sha256 '{self.sha256}' with size_bytes {self.size_bytes} is no fingerprint")


@dataclass(frozen=True)
class Manifest:
    """Every file of the bundle but the manifest itself and the signature over it."""

    files: dict[str, FileEntry]
    format: str = FORMAT

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"format is not '{FORMAT}': {self.format!r}")

    @property
    def digest(self) -> str:
        """`sha256:…` of the canonical JSON of this manifest: the name of the bundle's content."""
        return "sha256:" + hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """JSON with sorted keys and no spaces, the same on every machine."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def of_folder(cls, folder: Path, *, leave_out: frozenset[str] = frozenset()) -> Manifest:
        """Fingerprint every file below `folder`."""
        names = _files(folder) - {MANIFEST_FILE} - leave_out
        entries = {
            name: FileEntry(sha256=sha256_file(folder / name), size_bytes=(folder / name).stat().st_size)
            for name in sorted(names)
        }
        return cls(files=entries)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of a bundle folder.

        Raises:
            BundleError: it is absent or malformed.
        """
        path = folder / MANIFEST_FILE
        if not path.is_file():
            raise BundleError(
                f"'{folder}' is not a model bundle",
                expected=f"a folder with {MANIFEST_FILE}",
                got="no such file",
                cure="Point at the bundle's own folder, or build one with a pipeline run.",
            )
        try:
            return read_record(cls, json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, RecursionError) as error:
            raise BundleError(
                f"The manifest of '{folder}' is malformed: {error}",
                cure="Fetch the bundle again from the registry.",
            ) from error

    def verify(self, folder: Path, *, leave_out: frozenset[str] = frozenset()) -> None:
        """Compare every file with its fingerprint; a file too many is as wrong as one too few.

        Raises:
            DigestMismatchError: names each file that is missing, unexpected or changed.
        """
        present = _files(folder) - {MANIFEST_FILE} - leave_out
        faults = [f"{name} is missing" for name in sorted(set(self.files) - present)]
        faults += [f"{name} is not in the manifest" for name in sorted(present - set(self.files))]
        faults += [
            f"{name} has changed" for name in sorted(set(self.files) & present) if not self._matches(folder, name)
        ]
        if faults:
            raise DigestMismatchError(
                f"Bundle '{folder}' is not what its manifest says: {'; '.join(faults)}",
                cure="Fetch it again from the registry; if it stays so, do not serve it and ask who changed it.",
            )

    def _matches(self, folder: Path, name: str) -> bool:
        path, entry = folder / name, self.files[name]
        return path.stat().st_size == entry.size_bytes and sha256_file(path) == entry.sha256


def _files(folder: Path) -> set[str]:
    links = [path for path in folder.rglob("*") if path.is_symlink()]
    if links:
        raise BundleError(
            f"Bundle '{folder}' holds a symbolic link: {links[0].name}",
            expected="plain files",
            cure="Replace links by the files they point to: a bundle must be whole on its own.",
        )
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
