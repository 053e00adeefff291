import socket
import sqlite3

import pytest
import sqlalchemy

from slipway.errors import ExitCode, RegistryError, StorageError, TrackingUnreachableError
from slipway.registry.catalogue import list_models
from slipway.registry.failures import tracking_errors
from slipway.registry.recorder import record_run
from slipway.registry.tracking import connect
from slipway.settings import Settings
from tests.support.answering import answering
from tests.support.records import run_record


def at(uri, home, timeout_seconds=1.0):
    return Settings(home=home, tracking_uri=uri, tracking_timeout_seconds=timeout_seconds)


@pytest.fixture
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]  # bound but not listening: connections are refused


def test_a_server_that_is_down_is_unreachable_and_its_password_is_hidden(tmp_path, closed_port):
    with pytest.raises(TrackingUnreachableError) as caught:
        list_models(at(f"http://ada:s3cret@127.0.0.1:{closed_port}", tmp_path))
    message = str(caught.value)
    assert f"http://***@127.0.0.1:{closed_port}" in message
    assert "does not answer (nothing listens there)" in message
    assert "SLIPWAY_TRACKING_URI" in message
    assert "s3cret" not in message
    assert caught.value.exit_code is ExitCode.UNREACHABLE


def test_recording_at_a_server_that_is_down_is_unreachable(tmp_path, closed_port, bundle):
    with pytest.raises(TrackingUnreachableError, match="Cannot record run 'tiny run'"):
        record_run(run_record(bundle), at(f"http://127.0.0.1:{closed_port}", tmp_path))


def test_a_server_that_accepts_and_says_nothing_is_unreachable(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(TrackingUnreachableError, match=r"no answer in time.*SLIPWAY_TRACKING_TIMEOUT_SECONDS"),
    ):
        list_models(at(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path))


def test_a_name_that_does_not_resolve_is_unreachable(tmp_path):
    with pytest.raises(TrackingUnreachableError, match=r"tracking\.invalid:5000: .*name does not resolve"):
        list_models(at("http://tracking.invalid:5000", tmp_path))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_only_fails_is_unreachable_and_points_at_its_log(tmp_path, status):
    with answering(status) as url, pytest.raises(TrackingUnreachableError, match=rf"HTTP {status}.*server's log"):
        list_models(at(url, tmp_path))


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_wants_a_login_says_where_to_set_it(tmp_path, status):
    with answering(status, b"who are you?") as url:
        with pytest.raises(RegistryError, match="MLFLOW_TRACKING_USERNAME") as caught:
            list_models(at(url, tmp_path))
        assert not isinstance(caught.value, TrackingUnreachableError)


def test_an_address_where_no_mlflow_answers_is_told(tmp_path):
    with (
        answering(404, b"<html>not here</html>") as url,
        pytest.raises(RegistryError, match="does an MLflow server answer there"),
    ):
        list_models(at(url, tmp_path))


def test_a_database_that_is_down_is_unreachable_and_its_password_is_hidden(tmp_path, closed_port):
    uri = f"postgresql+psycopg2://ada:s3cret@127.0.0.1:{closed_port}/mlflow"
    with pytest.raises(TrackingUnreachableError, match="Check that the database runs") as caught:
        connect(at(uri, tmp_path))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("uri", ["mysql+pymysqlx://127.0.0.1/mlflow", "mysql+mysqldb://127.0.0.1/mlflow"])
def test_a_database_without_its_driver_is_told(tmp_path, uri):
    with pytest.raises(RegistryError, match="the database's driver"):
        connect(at(uri, tmp_path))


def test_a_full_disk_is_a_storage_error(settings, tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with engine.begin() as database:
        database.exec_driver_sql("CREATE TABLE t (x BLOB)")
        database.exec_driver_sql("PRAGMA max_page_count = 3")
        with pytest.raises(StorageError, match="the disk is full"), tracking_errors(settings, "write"):
            database.exec_driver_sql("INSERT INTO t VALUES (zeroblob(100000))")


def test_a_locked_database_says_that_another_process_holds_it(settings):
    engine = sqlalchemy.create_engine(f"sqlite:///{settings.home / 'mlflow.db'}", connect_args={"timeout": 0.01})
    holder = sqlite3.connect(settings.home / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with (
        pytest.raises(TrackingUnreachableError, match="Another process holds the database"),
        tracking_errors(settings, "write"),
        engine.begin() as database,
    ):
        database.exec_driver_sql("DELETE FROM runs")
    holder.close()


def test_a_fault_of_slipway_s_own_keeps_its_traceback(settings):
    with pytest.raises(ZeroDivisionError), tracking_errors(settings, "divide"):
        1 / 0  # noqa: B018
