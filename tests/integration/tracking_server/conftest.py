import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from slipway.tracking_server.__main__ import main
from tests.support.postgres import binaries, postgres
from tests.support.seaweed import BUCKET, seaweed

SCRIPTS = Path(__file__).parents[3] / "charts" / "mlflow" / "files"


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    with seaweed(tmp_path_factory.mktemp("seaweed")) as store:
        yield store


@pytest.fixture(scope="module")
def database_uri():
    with postgres() as uri:
        yield uri


@pytest.fixture
def environment(monkeypatch, database_uri, store, tmp_path):
    """What the chart sets in its pods, for servers on loopback."""
    variables = {
        "MLFLOW_BACKEND_STORE_URI": database_uri,
        "MLFLOW_ARTIFACTS_DESTINATION": f"s3://{BUCKET}/{tmp_path.name}",
        "MLFLOW_AUTH_ADMIN_USERNAME": "admin",
        "MLFLOW_AUTH_ADMIN_PASSWORD": "first-admin-password",
        "AWS_ENDPOINT_URL": store.url,
        "SLIPWAY_BACKUPS": str(tmp_path / "backups"),
        "SLIPWAY_WAIT_SECONDS": "20",
    }
    store.become(store.writer, monkeypatch)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def run(environment):
    """Run one of the pods' commands; gives its exit code."""
    return lambda *arguments: main([str(argument) for argument in arguments])


@pytest.fixture
def script(database_uri, tmp_path):
    """Run one of the chart's scripts on the database, as its pods do; the dump is `database.dump`."""
    url = make_url(database_uri)
    variables = {
        "PGHOST": str(url.host),
        "PGPORT": str(url.port),
        "PGUSER": str(url.username),
        "PGPASSWORD": str(url.password),
        "PGDATABASE": str(url.database),
        "SCRATCH": str(tmp_path),
    }

    def call(name: str, path: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = ["sh", "-c", (SCRIPTS / name).read_text()]
        environment = {**os.environ, **variables, "PATH": f"{path}:{binaries()}:{os.environ['PATH']}"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return call


@pytest.fixture
def dump(tmp_path) -> Path:
    """The file that the chart's scripts and the commands hand to each other."""
    return tmp_path / "database.dump"


@pytest.fixture
def database(database_uri):
    """A connection to the database, each statement a transaction."""
    engine = create_engine(database_uri, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield lambda statement: connection.execute(text(statement))


@pytest.fixture
def empty_database(database):
    """The database as a new server has it."""
    database("DROP SCHEMA public CASCADE")
    database("CREATE SCHEMA public")
