"""Files that appear whole or not at all, and their digests."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CHUNK_BYTES = 1 << 20


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in 1 MiB pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turn a refused write into a StorageError that names the target and the cure."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(
                f"Cannot write '{target}': the disk is full ({_free(target)} free)",
                cure="Free space or point SLIPWAY_HOME at a larger disk, then run again: finished steps are kept.",
            ) from error
        if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR}:
            raise StorageError(
                f"Cannot write '{target}': {error.strerror}",
                cure="Make the folder writable or point SLIPWAY_HOME elsewhere.",
            ) from error
        raise


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a scratch folder beside `target` that becomes `target` on success and vanishes on failure.

    An existing `target` is replaced in two renames, so a reader sees the old or the new, never a mix.
    """
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
        scratch.chmod(0o755)
        try:
            yield scratch
            _swap(scratch, target)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise


def write_whole(target: Path, content: bytes | str) -> None:
    """Write one file so that it appears whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.partial-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(0o644)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _swap(scratch: Path, target: Path) -> None:
    if not target.exists():
        scratch.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    target.rename(old / target.name)
    scratch.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _free(target: Path) -> str:
    existing = next(folder for folder in [target, *target.parents] if folder.exists())
    return f"{shutil.disk_usage(existing).free / 1e6:.0f} MB"
