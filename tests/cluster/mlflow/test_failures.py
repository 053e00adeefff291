"""What is killed while a client works: what fails says why, it recovers, and nothing registered is lost."""

import threading

import pytest

from slipway.errors import SlipwayError
from slipway.registry.resolve import fetch_bundle
from tests.support.cluster import wait_until
from tests.support.register_once import register_once
from tests.support.registry_bundle import registry_bundle


class Client(threading.Thread):
    """Registers bundle after bundle, each again and again until it is told that it stands."""

    def __init__(self, settings, name, folder):
        super().__init__(daemon=True)
        self.registered: list[tuple[str, str]] = []
        self.errors: list[SlipwayError] = []
        self.faults: list[Exception] = []
        self._settings, self._name, self._folder = settings, name, folder
        self._told = threading.Event()

    def run(self):
        number = 0
        while not self._told.is_set():
            number += 1
            self._register(registry_bundle(self._folder / str(number), weight=float(number)))

    def stop(self):
        self._told.set()
        self.join(120)
        assert not self.is_alive()

    def _register(self, bundle):
        while not self._told.is_set():
            try:
                self.registered.append((register_once(bundle, self._settings, self._name)[1], bundle.digest))
            except SlipwayError as error:
                self.errors.append(error)
                self._told.wait(1)
            except Exception as error:
                self.faults.append(error)
                return
            else:
                return


@pytest.fixture
def client(settings, name, tmp_path):
    client = Client(settings, name, tmp_path / "bundles")
    client.start()
    yield client
    client.stop()


@pytest.mark.parametrize("component", ["server", "postgresql", "seaweedfs"])
def test_a_kill_loses_nothing_that_was_registered(release, client, settings, name, tmp_path, component):
    wait_until(lambda: len(client.registered) >= 1, 120)
    release.kill(component)
    before = len(client.registered)
    release.wait_until_ready(component)
    wait_until(lambda: len(client.registered) >= before + 2, 240)
    client.stop()
    assert client.faults == []
    for error in client.errors:
        assert str(settings.tracking_uri) in error.failed
        assert error.cure
    assert [int(version) for version, _ in client.registered] == list(range(1, len(client.registered) + 1))
    afresh = settings.model_copy(update={"home": tmp_path / "another home"})
    for version, digest in client.registered:
        assert fetch_bundle(f"models:/{name}/{version}", afresh).bundle.digest == digest
