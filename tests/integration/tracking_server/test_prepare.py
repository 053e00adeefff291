"""Preparing a real PostgreSQL for MLflow: schema, users, roles."""

import json

import pytest
from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

from slipway.errors import ExitCode

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("empty_database")]


@pytest.fixture
def users(database_uri):
    """The users as MLflow sees them, opened by the first call: opening makes the tables."""
    store = SqlAlchemyStore()

    def opened() -> SqlAlchemyStore:
        if not hasattr(store, "engine"):
            store.init_db(database_uri)
        return store

    yield opened
    if hasattr(store, "engine"):
        store.engine.dispose()


@pytest.fixture
def declare(monkeypatch, tmp_path, run):
    """Prepare with these users, each name with its permission and password."""
    monkeypatch.setenv("SLIPWAY_PASSWORDS", str(tmp_path))

    def prepare(**declared: tuple[str, str]) -> int:
        for name, (_, password) in declared.items():
            (tmp_path / name).write_text(password)
        roles = [{"name": name, "permission": permission} for name, (permission, _) in declared.items()]
        monkeypatch.setenv("SLIPWAY_USERS", json.dumps(roles))
        return run("prepare")

    return prepare


def held(users, name):
    roles = users().list_user_roles(users().get_user(name).id)
    return {(one.resource_type, one.permission) for role in roles for one in role.permissions}


def test_an_empty_database_gets_both_schemas_and_the_admin(run, database, users):
    assert run("prepare") == ExitCode.OK
    assert users().authenticate_user("admin", "first-admin-password")
    assert users().get_user("admin").is_admin
    tables = {row[0] for row in database("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert {"alembic_version", "alembic_version_auth", "experiments", "registered_models", "roles"} <= tables


def test_preparing_again_changes_nothing(run, database):
    assert run("prepare") == ExitCode.OK
    before = list(database("SELECT version_num FROM alembic_version")), list(database("SELECT * FROM users"))
    assert run("prepare") == ExitCode.OK
    assert before == (
        list(database("SELECT version_num FROM alembic_version")),
        list(database("SELECT * FROM users")),
    )


def test_the_admin_s_password_follows_the_secret(run, users, monkeypatch):
    run("prepare")
    monkeypatch.setenv("MLFLOW_AUTH_ADMIN_PASSWORD", "second-admin-password")
    assert run("prepare") == ExitCode.OK
    assert users().authenticate_user("admin", "second-admin-password")
    assert not users().authenticate_user("admin", "first-admin-password")


def test_declared_users_get_their_roles_and_lose_them(declare, users):
    assert (
        declare(pipelines=("EDIT", "pipelines-password"), operator=("ADMIN", "operator-password")) == ExitCode.OK
    )
    assert held(users, "pipelines") == {("experiment", "EDIT"), ("registered_model", "EDIT")}
    assert users().get_user("operator").is_admin
    assert declare(pipelines=("READ", "pipelines-password"), operator=("EDIT", "operator-password")) == ExitCode.OK
    assert held(users, "pipelines") == {("experiment", "READ"), ("registered_model", "READ")}
    assert not users().get_user("operator").is_admin


def test_a_short_password_is_refused_with_the_user_s_name(declare, capfd):
    assert declare(pipelines=("EDIT", "short")) == ExitCode.USAGE
    assert "User 'pipelines' cannot have this name and password" in capfd.readouterr().err


def test_a_newer_schema_is_refused_and_left_alone(run, database, capfd):
    run("prepare")
    database("UPDATE alembic_version SET version_num = 'from_the_future'")
    assert run("prepare") == ExitCode.UNREACHABLE
    assert "A newer MLflow wrote it" in capfd.readouterr().err
    assert database("SELECT version_num FROM alembic_version").scalar() == "from_the_future"


def test_a_silent_database_is_told_with_the_reason(run, monkeypatch, capfd):
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "postgresql+psycopg2://nobody:wrong@127.0.0.1:1/none")
    monkeypatch.setenv("SLIPWAY_WAIT_SECONDS", "0.1")
    assert run("prepare") == ExitCode.UNREACHABLE
    assert "Connection refused" in capfd.readouterr().err


def test_a_missing_variable_is_named(run, monkeypatch, capfd):
    monkeypatch.delenv("MLFLOW_BACKEND_STORE_URI")
    assert run("prepare") == ExitCode.USAGE
    assert "MLFLOW_BACKEND_STORE_URI" in capfd.readouterr().err
