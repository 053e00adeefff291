import sys
import uuid
from pathlib import Path

import pytest

from slipway.bundle.bundle import Bundle
from slipway.registry.tracking import connect
from slipway.settings import Settings
from tests.support.cutting_proxy import cutting_proxy
from tests.support.mlflow_server import TrackingServer
from tests.support.postgres import postgres
from tests.support.registry_bundle import registry_bundle
from tests.support.seaweed import seaweed


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    with seaweed(tmp_path_factory.mktemp("seaweed")) as store:
        yield store


@pytest.fixture(scope="session")
def running_server(tmp_path_factory, store):
    with postgres() as database_uri:
        server = TrackingServer(database_uri, store, tmp_path_factory.mktemp("mlflow"))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def server(running_server):
    """The server, up; a test that kills it leaves it to the next to start it again."""
    running_server.start()
    return running_server


@pytest.fixture
def proxy(server):
    with cutting_proxy(server.port) as (proxy, url):
        proxy.url = url
        yield proxy


@pytest.fixture
def settings(server, tmp_path) -> Settings:
    """An experiment of the test's own on the server, asked directly."""
    return Settings(
        home=tmp_path / "home",
        tracking_uri=server.uri,
        experiment=f"exp-{uuid.uuid4().hex}",
        tracking_timeout_seconds=30,
    )


@pytest.fixture
def through_proxy(settings, proxy) -> Settings:
    """The same experiment, asked through the proxy."""
    return settings.model_copy(update={"tracking_uri": proxy.url})


@pytest.fixture
def client(settings):
    return connect(settings)


@pytest.fixture
def name() -> str:
    """A model name of the test's own."""
    return f"tiny-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def bundle(tmp_path, name) -> Bundle:
    """A bundle of the test's own: its digest depends on the model's name."""
    return registry_bundle(tmp_path / "bundle", weight=1 + int(name[-8:], 16) / 2**33)


@pytest.fixture
def register_command(bundle, settings, proxy, name):
    """The command that records and registers through the proxy, for a process of its own."""
    script = Path(__file__).parents[2] / "support" / "register_once.py"
    arguments = [str(bundle.path), str(settings.home), proxy.url, settings.experiment, name]
    return [sys.executable, "-m", "tests.support.register_once", *arguments], script.parents[2]
