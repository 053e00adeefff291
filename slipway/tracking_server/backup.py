"""Back up: the database's dump first, then every artifact.

MLflow's clients store artifacts before they register what refers to them, so a store that is copied
after the dump was taken holds all that the dump names. What came in between is kept too, and harms nothing.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from slipway.errors import BackupError
from slipway.tracking_server.manifest import BackupManifest, StoredFile
from slipway.tracking_server.shelf import Shelf, Stored
from slipway.tracking_server.vault import LATEST, Vault

logger = logging.getLogger(__name__)


def back_up(dump: Path, artifacts: Shelf, vault: Vault, keep: int) -> BackupManifest:
    """Add a backup to the vault and forget all but the newest `keep`.

    Raises:
        BackupError: the dump is empty, or a store refuses or loses a file meanwhile; no backup was added.
    """
    if not dump.is_file() or not dump.stat().st_size:
        raise BackupError(f"'{dump}' holds no dump of the database", cure="Read the log of the step before.")
    known = _known(vault)
    files = {stored.key: _kept(stored, artifacts, vault, known) for stored in artifacts.list()}
    manifest = BackupManifest(
        name=_name(vault), mlflow_version=version("mlflow"), database=vault.keep(dump), artifacts=files
    )
    vault.add(manifest)
    logger.info(
        "Backed up the database and %d artifacts (%.1f MB) as %s",
        len(files),
        manifest.size_bytes / 1e6,
        manifest.name,
    )
    for name in vault.prune(keep):
        logger.info("Forgot backup %s: the newest %d are kept", name, keep)
    return manifest


def _kept(stored: Stored, artifacts: Shelf, vault: Vault, known: Mapping[str, StoredFile]) -> StoredFile:
    """Copy an artifact, unless the last backup has it as it is now; what was damaged there is mended."""
    before = known.get(stored.key)
    if before and (before.mark, before.size_bytes) == (stored.mark, stored.size_bytes) and vault.is_sound(before):
        return before
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "artifact"
        artifacts.fetch(stored.key, file, stored.mark)
        return vault.keep(file, stored.mark)


def _known(vault: Vault) -> Mapping[str, StoredFile]:
    """Find what the last backup holds; nothing where it cannot be read, so that all is read anew."""
    try:
        return vault.find(LATEST).artifacts if vault.names() else {}
    except BackupError as error:
        logger.warning("%s", error)
        return {}


def _name(vault: Vault) -> str:
    name = datetime.now(tz=UTC).strftime("%Y%m%d-%H%M%S")
    if name in vault.names():
        raise BackupError(f"There is a backup {name} already", cure="Wait a second, then run the command again.")
    return name
