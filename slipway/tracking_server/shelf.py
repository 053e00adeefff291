"""A shelf: files by key, in a folder or in a bucket. Artifacts lie on one, backups on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from slipway.errors import UsageError
from slipway.tracking_server.settings import S3Access


@dataclass(frozen=True)
class Stored:
    """One file on a shelf; another `mark` under the same key is other content."""

    key: str
    size_bytes: int
    mark: str


class Shelf(Protocol):
    """What backup and restore ask of a store; a file appears whole or not at all."""

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Every file whose key starts with `prefix`."""

    def fetch(self, key: str, target: Path, mark: str = "") -> None:
        """Copy a file to `target`; with a mark, only if it still has it.

        Raises:
            BackupError: it is not there, or has changed.
        """

    def put(self, key: str, source: Path) -> None:
        """Store a file, replacing what has this key."""

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""


def open_shelf(address: str, access: S3Access) -> Shelf:
    """Open `s3://BUCKET/PREFIX` or a folder.

    Raises:
        UsageError: the address has another scheme; lists those there are.
    """
    scheme = urlsplit(address).scheme
    if scheme not in _OPENERS:
        known = ", ".join(f"{name}://" for name in _OPENERS if name)
        raise UsageError(f"'{address}' is no place for files", expected=f"a folder or one of {known}")
    return _OPENERS[scheme](address, access)


def _folder(address: str, _: S3Access) -> Shelf:
    from slipway.tracking_server.folder import FolderShelf

    return FolderShelf(Path(urlsplit(address).path))


def _bucket(address: str, access: S3Access) -> Shelf:
    from slipway.tracking_server.bucket import BucketShelf

    return BucketShelf(address, access)


_OPENERS: dict[str, Callable[[str, S3Access], Shelf]] = {"": _folder, "file": _folder, "s3": _bucket}
