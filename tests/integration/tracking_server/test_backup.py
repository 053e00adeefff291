"""Backup and restore with the chart's own scripts, on a real PostgreSQL and a real S3 store."""

import pytest

from slipway.errors import ExitCode
from tests.support.seaweed import BUCKET

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("empty_database")]

MODEL = "1/run/artifacts/bundle/model.onnx"


@pytest.fixture
def objects(store, tmp_path):
    """The artifacts of this test's prefix, by key."""

    class Objects:
        def put(self, key, content):
            store.client().put_object(Bucket=BUCKET, Key=f"{tmp_path.name}/{key}", Body=content)

        def read(self, key):
            return store.client().get_object(Bucket=BUCKET, Key=f"{tmp_path.name}/{key}")["Body"].read()

        def names(self):
            listed = store.client().list_objects_v2(Bucket=BUCKET, Prefix=f"{tmp_path.name}/")
            return {one["Key"].removeprefix(f"{tmp_path.name}/") for one in listed.get("Contents", [])}

        def destroy(self):
            for key in self.names():
                store.client().delete_object(Bucket=BUCKET, Key=f"{tmp_path.name}/{key}")

    return Objects()


@pytest.fixture(params=["volume", "bucket"])
def back_up(request, run, script, dump, monkeypatch, tmp_path):
    """Do what the backup's pod does, to a volume and to a bucket."""
    if request.param == "bucket":
        monkeypatch.setenv("SLIPWAY_BACKUPS", f"s3://{BUCKET}/backups-{tmp_path.name}")

    def call() -> int:
        assert script("dump.sh").returncode == 0
        return run("back-up", dump)

    return call


@pytest.fixture
def restore(run, script, dump):
    """Do what the restore's pod does, container after container; gives the last exit code."""

    def call(name: str = "restore-latest") -> int:
        dump.unlink(missing_ok=True)
        return run("restore", name, dump) or script("restore.sh").returncode or run("prepare")

    return call


@pytest.fixture
def registered(run, database, objects):
    """A prepared server with a row and the artifact that it names."""
    assert run("prepare") == ExitCode.OK
    database("INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (77, 'kept', 'active')")
    objects.put(MODEL, b"the model")


def names(database):
    return {row[0] for row in database("SELECT name FROM experiments")}


def test_what_was_destroyed_comes_back(back_up, restore, database, objects, registered):
    assert back_up() == ExitCode.OK
    database("DROP SCHEMA public CASCADE")
    database("CREATE SCHEMA public")
    objects.destroy()
    assert restore() == ExitCode.OK
    assert "kept" in names(database)
    assert objects.read(MODEL) == b"the model"


def test_a_restore_goes_back_in_time(back_up, restore, database, objects, registered):
    assert back_up() == ExitCode.OK
    database("DELETE FROM experiments WHERE name = 'kept'")
    database("CREATE TABLE of_a_newer_schema (id integer)")
    objects.put(MODEL, b"swapped")
    objects.put("2/later", b"later")
    assert restore() == ExitCode.OK
    assert "kept" in names(database)
    assert database("SELECT to_regclass('of_a_newer_schema')").scalar() is None
    assert objects.read(MODEL) == b"the model"
    assert "2/later" in objects.names()


def test_the_admin_s_password_is_the_secret_s_after_a_restore(
    back_up, restore, database_uri, registered, monkeypatch
):
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    assert back_up() == ExitCode.OK
    monkeypatch.setenv("MLFLOW_AUTH_ADMIN_PASSWORD", "another-admin-password")
    assert restore() == ExitCode.OK
    users = SqlAlchemyStore()
    users.init_db(database_uri)
    assert users.authenticate_user("admin", "another-admin-password")
    users.engine.dispose()


def test_a_damaged_backup_touches_nothing(
    run, script, dump, restore, database, objects, registered, tmp_path, capfd
):
    script("dump.sh")
    assert run("back-up", dump) == ExitCode.OK
    for path in (tmp_path / "backups" / "objects").rglob("*"):
        if path.is_file() and path.read_bytes() == b"the model":
            path.write_bytes(b"THE MODEL")
    database("DELETE FROM experiments WHERE name = 'kept'")
    objects.put(MODEL, b"newer")
    assert restore() == ExitCode.FAILED
    assert f"is damaged: {MODEL}" in capfd.readouterr().err
    assert "kept" not in names(database)
    assert objects.read(MODEL) == b"newer"


def test_a_restore_that_fails_in_the_database_leaves_it_as_it_was(
    run, script, dump, database, registered, tmp_path
):
    script("dump.sh")
    run("back-up", dump)
    run("restore", "latest", dump)
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "pg_restore"
    broken.write_text(
        '#!/bin/sh\necho "CREATE TABLE half (id integer); SELECT no_such_function();" > "${3#--file=}"\n'
    )
    broken.chmod(0o755)
    database("DELETE FROM experiments WHERE name = 'kept'")
    done = script("restore.sh", path=tmp_path / "bin")
    assert done.returncode != 0
    assert "no_such_function" in done.stderr
    assert database("SELECT to_regclass('half')").scalar() is None
    assert "kept" not in names(database)


def test_a_backup_of_a_newer_mlflow_is_refused(
    run, script, dump, restore, registered, tmp_path, monkeypatch, capfd
):
    script("dump.sh")
    with monkeypatch.context() as patch:
        patch.setattr("slipway.tracking_server.backup.version", lambda _: "99.0.0")
        run("back-up", dump)
    assert restore() == ExitCode.FAILED
    assert "made by a newer MLflow" in capfd.readouterr().err


def test_an_unchanged_artifact_is_not_read_twice(run, script, dump, registered, objects, monkeypatch):
    from slipway.tracking_server.bucket import BucketShelf

    script("dump.sh")
    assert run("back-up", dump) == ExitCode.OK
    read = []
    fetch = BucketShelf.fetch

    def recorded(self, key, *arguments):
        read.append(key)
        fetch(self, key, *arguments)

    monkeypatch.setattr(BucketShelf, "fetch", recorded)
    monkeypatch.setattr("slipway.tracking_server.backup._name", lambda _: "20991231-235959")
    objects.put("2/new", b"new")
    assert run("back-up", dump) == ExitCode.OK
    assert read == ["2/new"]


def test_the_next_backup_mends_what_was_damaged(run, script, dump, registered, tmp_path, monkeypatch):
    script("dump.sh")
    assert run("back-up", dump) == ExitCode.OK
    for path in (tmp_path / "backups" / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    monkeypatch.setattr("slipway.tracking_server.backup._name", lambda _: "20991231-235959")
    assert run("back-up", dump) == ExitCode.OK
    assert run("restore", "latest", dump) == ExitCode.OK


def test_an_empty_dump_makes_no_backup(run, dump, registered, capfd):
    dump.write_bytes(b"")
    assert run("back-up", dump) == ExitCode.FAILED
    assert "holds no dump" in capfd.readouterr().err


def test_a_silent_store_makes_no_backup(run, script, dump, registered, monkeypatch, tmp_path, capfd):
    script("dump.sh")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert run("back-up", dump) == ExitCode.FAILED
    assert "Does the store run" in capfd.readouterr().err
    assert not (tmp_path / "backups" / "backups").exists()
