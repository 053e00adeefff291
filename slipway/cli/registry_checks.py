"""Whether the tracking server answers, or the embedded registry is sound."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from slipway.cli.doctor_checks import Finding, check, fail, ok
from slipway.errors import SlipwayError
from slipway.registry.catalogue import list_models
from slipway.registry.embedded import database_file
from slipway.registry.uris import mask_credentials
from slipway.settings import Settings


@check("tracking")
def check_tracking(settings: Settings) -> Finding:
    """Ask the server for its models, or SQLite whether the embedded file is sound."""
    file = database_file(settings)
    if file is not None:
        return _embedded(file)
    uri = mask_credentials(settings.resolved_tracking_uri)
    try:
        models = list_models(settings)
    except SlipwayError as error:
        return fail(error.failed, error.cure)
    return ok(f"{uri} answers and holds {len(models)} models")


def _embedded(file: Path) -> Finding:
    if not file.exists():
        return ok(f"embedded; the first run creates '{file}'")
    cure = "Move the file away or restore a copy; the next run creates a new one."
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            database.execute("SELECT count(*) FROM registered_models").fetchone()
    except sqlite3.Error as error:
        return fail(f"'{file}' is damaged: {error}", cure)
    return ok(f"embedded, '{file}' is sound") if verdict == "ok" else fail(f"'{file}' is damaged: {verdict}", cure)
