"""Restore: check everything, put the artifacts back, hand out the dump for the database.

Artifacts come first and are only added or mended, never removed, so whatever ends a restore early, the
database still finds all that it names. The database follows in one transaction.
"""

from __future__ import annotations

import logging
import tempfile
from importlib.metadata import version
from pathlib import Path

from slipway.errors import BackupError
from slipway.tracking_server.manifest import BackupManifest, StoredFile
from slipway.tracking_server.shelf import Shelf, Stored
from slipway.tracking_server.vault import Vault

logger = logging.getLogger(__name__)


def choose(wanted: str, vault: Vault) -> BackupManifest:
    """Find a backup and compare every digest; nothing is changed.

    Args:
        wanted: ends with the name of a backup, or with `latest`.
        vault: where the backups are.

    Raises:
        BackupError: there is no such backup, it is damaged, or a newer MLflow made it.
    """
    manifest = vault.find(wanted)
    _require_known_schema(manifest)
    vault.verify(manifest)
    logger.info("Verified backup %s: the database and %d artifacts", manifest.name, len(manifest.artifacts))
    return manifest


def put_back(manifest: BackupManifest, vault: Vault, artifacts: Shelf, dump: Path) -> int:
    """Put a backup's artifacts into the store, then write the database's dump to `dump`.

    Returns how many artifacts were missing or different.

    Raises:
        BackupError: a store refuses; the database has not been changed.
    """
    present = {stored.key: stored for stored in artifacts.list()}
    lost = {key: entry for key, entry in manifest.artifacts.items() if not _is_same(present.get(key), entry)}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "artifact"
        for key, entry in lost.items():
            vault.fetch(entry, file)
            artifacts.put(key, file)
    vault.fetch(manifest.database, dump)
    logger.info("Put %d artifacts back; %d were there unchanged", len(lost), len(manifest.artifacts) - len(lost))
    return len(lost)


def _is_same(stored: Stored | None, entry: StoredFile) -> bool:
    return stored is not None and (stored.mark, stored.size_bytes) == (entry.mark, entry.size_bytes)


def _require_known_schema(manifest: BackupManifest) -> None:
    from packaging.version import Version

    here = version("mlflow")
    if Version(manifest.mlflow_version) > Version(here):
        raise BackupError(
            f"Backup {manifest.name} was made by a newer MLflow, whose database this one cannot read",
            expected=f"MLflow {manifest.mlflow_version} or newer",
            got=here,
            cure="Upgrade the release first; nothing has been changed.",
        )
