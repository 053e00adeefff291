import sqlite3
import subprocess
import sys
import time

import pytest

from slipway.errors import TrackingUnreachableError
from slipway.registry.catalogue import list_models
from slipway.registry.embedded import database_file, ensure_database, is_absent
from slipway.registry.tracking import connect
from slipway.settings import Settings

CREATE = """
import sys
from pathlib import Path
from slipway.registry.tracking import connect
from slipway.settings import Settings
client = connect(Settings(home=Path(sys.argv[1]), tracking_uri=""))
print(len(client.search_experiments()))
"""


def embedded(home):
    return Settings(home=home, tracking_uri="")


def test_looking_into_a_registry_that_was_never_written_creates_nothing(tmp_path):
    home = tmp_path / "home"
    assert is_absent(embedded(home))
    assert list_models(embedded(home)) == []
    assert not home.exists()


def test_a_server_is_never_absent(tmp_path):
    server = Settings(home=tmp_path, tracking_uri="http://127.0.0.1:9")
    assert database_file(server) is None
    assert not is_absent(server)


def test_a_connection_creates_the_database_and_leaves_no_scratch(tmp_path):
    home = tmp_path / "home"
    client = connect(embedded(home))
    assert [one.name for one in client.search_experiments()] == ["Default"]
    assert sorted(path.name for path in home.iterdir()) == ["mlflow.db", "mlflow.db.lock"]


def test_processes_that_start_at_once_share_one_database(tmp_path):
    home = tmp_path / "home"
    command = [sys.executable, "-c", CREATE, str(home)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    outputs = [process.communicate() for process in both]
    assert [(process.returncode, out) for process, (out, _) in zip(both, outputs, strict=True)] == [
        (0, b"1\n")
    ] * 2


def test_a_process_killed_while_it_creates_the_database_leaves_none_and_the_next_clears_up(tmp_path):
    home = tmp_path / "home"
    command = [sys.executable, "-c", CREATE, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not list(home.glob(".mlflow.db.partial-*/mlflow.db")) and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.communicate()
    assert not (home / "mlflow.db").exists()
    ensure_database(home / "mlflow.db", embedded(home))
    assert len(connect(embedded(home)).search_experiments()) == 1
    assert sorted(path.name for path in home.iterdir()) == ["mlflow.db", "mlflow.db.lock"]


def test_a_damaged_database_is_named_with_a_cure(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database, but long enough to have a header" * 9)
    with pytest.raises(TrackingUnreachableError, match=r"mlflow\.db.*not a database.*Move the damaged file"):
        connect(embedded(tmp_path))


def test_a_database_of_a_newer_mlflow_is_named_with_a_cure(tmp_path, migrated_database):
    (tmp_path / "mlflow.db").write_bytes(migrated_database.read_bytes())
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with pytest.raises(TrackingUnreachableError, match=r"out-of-date|revision"):
        connect(embedded(tmp_path))
