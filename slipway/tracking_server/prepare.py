"""Make the stores ready for this version of the server: bucket, schema, users."""

from __future__ import annotations

import logging

from slipway.errors import TrackingUnreachableError
from slipway.tracking_server.database import Turn, turn, wait_for_database
from slipway.tracking_server.settings import ServerSettings
from slipway.tracking_server.users import declare_users

logger = logging.getLogger(__name__)


def prepare(settings: ServerSettings) -> None:
    """Bring the database to this version's schema and declare its users; repeated, it changes nothing.

    PostgreSQL migrates in one transaction: one that fails leaves the schema as it was.

    Raises:
        TrackingUnreachableError: the database does not answer, or a newer MLflow has written it.
        BackupError: the artifact store refuses to make the bucket.
        SettingsError: a user's password is missing or refused.
    """
    wait_for_database(settings.database_uri, settings.wait_seconds)
    make_bucket(settings)
    with turn(settings.database_uri, Turn.SCHEMA, settings.wait_seconds):
        migrate(settings.database_uri)
        declare_users(settings)
    logger.info("The database is ready")


def migrate(uri: str) -> None:
    """Run MLflow's migrations: those of the tracking store, then those of the users."""
    from alembic.util import CommandError
    from mlflow.db import commands as tracking
    from mlflow.server.auth.db.cli import commands as users

    try:
        tracking.main(["upgrade", uri], standalone_mode=False)
        users.main(["upgrade", "--url", uri], standalone_mode=False)
    except CommandError as error:
        raise TrackingUnreachableError(
            f"The database cannot be brought to this MLflow's schema: {error}",
            cure="A newer MLflow wrote it: install that version, or restore a backup from before the upgrade.",
        ) from error


def make_bucket(settings: ServerSettings) -> None:
    """Make the artifacts' bucket, where the deployment brings the store itself."""
    if settings.make_bucket:
        from slipway.tracking_server.bucket import BucketShelf

        BucketShelf(settings.artifacts, settings.artifacts_access).make_bucket()
