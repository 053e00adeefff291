"""A model in the registry, fetched by a process of its own and followed as its alias moves."""

import asyncio
from functools import partial

import pytest

from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.workers import WorkerPool
from serving.models.hosting import ModelHost
from serving.models.loading import Loader
from serving.models.repository import Repository
from serving.models.slot import ModelState
from serving.models.sources import parse_source
from serving.models.watch import watch
from serving.observe.metrics import ServerMetrics
from slipway.errors import DigestMismatchError, RegistryError, TrackingUnreachableError, UsageError
from slipway.registry.aliases import promote
from slipway.registry.recorder import record_run
from slipway.registry.resolve import cache_folder
from slipway.registry.versions import register_bundle
from tests.support.records import run_record
from tests.support.registry_bundle import registry_bundle

pytestmark = pytest.mark.slow


@pytest.fixture
def registry(settings, monkeypatch):
    """The embedded registry, as a server's environment names it."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def register(registry, tmp_path):
    def register(weight):
        bundle = registry_bundle(tmp_path / f"weight-{weight}", weight=weight)
        run_id = record_run(run_record(bundle), registry)
        register_bundle("tiny", bundle, run_id, registry)
        return bundle, run_id

    return register


def repository_of(source, workers):
    opened = partial(open_engine, threads=1, cores=1, policy=QueuePolicy())
    host = ModelHost(workers, ServerMetrics(), QueuePolicy())
    return Repository([parse_source(source)], Loader(opened), host)


def test_a_version_and_a_run_are_fetched_with_their_digest(fetched, register, registry):
    bundle, run_id = register(2.0)

    version, run = fetched("models:/tiny/1"), fetched(f"runs:/{run_id}/bundle")

    assert (version.version, run.version) == ("1", None)
    assert version.digest == run.digest == bundle.digest
    assert version.place == run.place == cache_folder(bundle.digest, registry).resolve()


def test_a_changed_artifact_is_refused(fetched, register, registry):
    register(2.0)
    (stored,) = registry.artifact_root.glob("*/artifacts/bundle/model.onnx")
    stored.write_bytes(b"changed")
    with pytest.raises(DigestMismatchError, match=r"model\.onnx has changed"):
        fetched("models:/tiny/1")


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("models:/absent@champion", RegistryError, "absent"),
        ("models:/tiny@absent", RegistryError, "absent"),
        ("models:/tiny", RegistryError, "names no version"),
        ("runs:/absent/bundle", RegistryError, "There is no run 'absent'"),
        ("runs:/absent", UsageError, "is not the address of a bundle"),
    ],
)
def test_what_the_registry_lacks_is_named(fetched, register, address, kind, words):
    register(2.0)
    with pytest.raises(kind, match=words):
        fetched(address)


def test_an_unreachable_registry_is_said_to_be_so_without_its_credentials(fetched, registry, monkeypatch):
    monkeypatch.setenv("SLIPWAY_TRACKING_URI", "http://me:secret@127.0.0.1:9")
    with pytest.raises(TrackingUnreachableError, match="does not answer") as caught:
        fetched("models:/tiny@champion")
    assert "secret" not in str(caught.value)


def test_a_server_follows_an_alias_and_keeps_what_it_has(register, registry, monkeypatch):
    async def until(condition):
        async with asyncio.timeout(120):
            while not condition():
                await asyncio.sleep(0.05)

    async def check():
        workers = WorkerPool(1, asyncio.get_running_loop())
        repository = repository_of("models:/tiny@champion", workers)
        await repository.load("tiny")
        assert repository.find("tiny", "1").digest == first.digest
        watching = asyncio.create_task(watch(repository, 0.1))

        promote("tiny", "2", registry)
        await until(lambda: repository.find("tiny").version == "2")
        assert repository.find("tiny").digest == second.digest

        monkeypatch.setenv("SLIPWAY_TRACKING_URI", "http://127.0.0.1:9")
        await until(lambda: repository.index()[0].reason)
        (entry,) = repository.index()
        assert (entry.version, entry.state) == ("2", ModelState.READY)
        assert entry.reason.startswith("kept: ")
        assert repository.ready

        watching.cancel()
        await repository.close()
        workers.close()

    first, _ = register(2.0)
    second, _ = register(3.0)
    promote("tiny", "1", registry)
    asyncio.run(check())
