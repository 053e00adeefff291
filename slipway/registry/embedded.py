"""The embedded registry: one SQLite file under the home folder, made whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from slipway.registry.failures import tracking_errors
from slipway.registry.lock import exclusive
from slipway.settings import Settings
from slipway.storage import storage_errors

_PREFIX = "sqlite:///"


def database_file(settings: Settings) -> Path | None:
    """Name the SQLite file of the tracking URI; None for a server or another database."""
    uri = settings.resolved_tracking_uri
    return Path(uri.removeprefix(_PREFIX)) if uri.startswith(_PREFIX) else None


def is_absent(settings: Settings) -> bool:
    """Tell whether nothing was ever recorded, without creating anything."""
    file = database_file(settings)
    return file is not None and not file.exists()


def ensure_database(file: Path, settings: Settings) -> None:
    """Create the database, unless it stands; of several processes at once, one does the work.

    MLflow's schema grows by some fifty migrations, which SQLite does not undo when the process
    is killed between two: so they run on a scratch file that is renamed when complete.
    """
    if not file.exists():
        with exclusive(file.with_name(f"{file.name}.lock")):
            if not file.exists():
                _create(file, settings)
    _require_readable(file, settings)


def _create(file: Path, settings: Settings) -> None:
    prefix = f".{file.name}.partial-"
    for abandoned in file.parent.glob(f"{prefix}*"):  # its maker was killed: the lock is ours
        shutil.rmtree(abandoned, ignore_errors=True)
    with storage_errors(file), tempfile.TemporaryDirectory(prefix=prefix, dir=file.parent) as scratch:
        fresh = Path(scratch) / file.name
        with tracking_errors(settings, "create the embedded registry"):
            _migrate(fresh, settings)
        fresh.rename(file)


def _migrate(file: Path, settings: Settings) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(f"{_PREFIX}{file}", str(settings.artifact_root))
    store.engine.dispose()


def _require_readable(file: Path, settings: Settings) -> None:
    """Fail at once on a damaged or forbidden file, which MLflow would try for 100 seconds."""
    with tracking_errors(settings, "open the embedded registry"), closing(_read_only(file)) as database:
        database.execute("PRAGMA schema_version").fetchone()


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
