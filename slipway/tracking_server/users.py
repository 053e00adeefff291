"""The users that the deployment declares, as MLflow's users and roles."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from slipway.errors import SettingsError
from slipway.tracking_server.settings import DeclaredUser, ServerSettings

if TYPE_CHECKING:
    from mlflow.server.auth.entities import Role
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

logger = logging.getLogger(__name__)

_ADMIN = "ADMIN"
_WORKSPACE = "default"
_EVERYTHING = ("experiment", "registered_model")


def declare_users(settings: ServerSettings) -> None:
    """Give every declared user its password and its role, and no other of ours.

    Passwords follow the Secrets: one that was rotated there is the one that counts. Users that are
    declared no longer stay: they may own models.

    Raises:
        SettingsError: a password is missing or too short.
    """
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(settings.database_uri)
    try:
        _declare(store, settings.admin_username, settings.admin_password.get_secret_value(), admin=True)
        for user in settings.users:
            _declare(store, user.name, _password(user, settings), admin=user.permission == _ADMIN)
            _assign(store, user)
    finally:
        store.engine.dispose()


def _declare(store: SqlAlchemyStore, name: str, password: str, *, admin: bool) -> None:
    from mlflow.exceptions import MlflowException

    try:
        if not store.has_user(name):
            store.create_user(name, password, is_admin=admin)
            logger.info("Created user '%s'", name)
        elif not store.authenticate_user(name, password) or store.get_user(name).is_admin != admin:
            store.update_user(name, password, is_admin=admin)
            logger.info("Updated user '%s'", name)
    except MlflowException as error:
        cure = "Correct the Secret that holds it."
        raise SettingsError(f"User '{name}' cannot have this name and password: {error}", cure=cure) from error


def _assign(store: SqlAlchemyStore, user: DeclaredUser) -> None:
    identity = store.get_user(user.name).id
    wanted = None if user.permission == _ADMIN else _role(store, user.permission)
    held = {role.id: role.name for role in store.list_user_roles(identity)}
    for role, name in held.items():
        if name.startswith("slipway-") and (wanted is None or role != wanted.id):
            store.unassign_role_from_user(identity, role)
    if wanted is not None and wanted.id not in held:
        store.assign_role_to_user(identity, wanted.id)


def _role(store: SqlAlchemyStore, permission: str) -> Role:
    """Find or create the role that grants a permission on every experiment and every model."""
    name = f"slipway-{permission.lower()}"
    found = next((role for role in store.list_roles([_WORKSPACE]) if role.name == name), None)
    if found is None:
        found = store.create_role(name, _WORKSPACE, f"{permission} on every experiment and model")
    granted = {one.resource_type for one in found.permissions}
    for kind in _EVERYTHING:
        if kind not in granted:
            store.add_role_permission(found.id, kind, "*", permission)
    return found


def _password(user: DeclaredUser, settings: ServerSettings) -> str:
    file = settings.passwords / user.name
    if not file.is_file():
        raise SettingsError(
            f"User '{user.name}' has no password",
            expected=f"a file '{file}'",
            cure="Name its Secret and key in the chart's 'auth.users'.",
        )
    return file.read_text(encoding="utf-8").strip()
