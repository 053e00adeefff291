"""Loading, swapping and unloading while the others answer."""

import asyncio
import logging

import numpy as np
import pytest

from serving.errors import ModelNotReadyError
from serving.models.fetching import fetch
from serving.models.repository import Repository
from serving.models.slot import ModelState
from serving.models.sources import sources_in
from serving.models.watch import watch
from slipway.errors import BundleError, DigestMismatchError, ModelNotFoundError, TrackingUnreachableError
from tests.support.plain_models import save, scaling
from tests.support.registry_bundle import registry_bundle

ONE = np.float32([[1, 1]])


@pytest.fixture
def place(tmp_path):
    """A plain model that doubles."""
    return save(tmp_path / "scaling" / "model.onnx", scaling(2)).parent


def replace(place, factor):
    """As a volume is updated: the old file stays what it was."""
    save(place / "next", scaling(factor)).rename(place / "model.onnx")


def states(repository):
    return [(entry.name, entry.state, entry.reason) for entry in repository.index()]


def test_a_model_is_found_by_name_and_version(hosting, place, ask):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            model = repository.find("scaling")
            assert repository.find("scaling", model.version) is model
            assert (await ask(model, x=ONE))[0].tolist() == [[2, 2]]
            with pytest.raises(ModelNotFoundError, match=f"Version '8'.*expected {model.version}"):
                repository.find("scaling", "8")

    asyncio.run(check())


def test_a_missing_model_error_names_what_there_is(hosting, place):
    async def check():
        async with hosting(("scaling", place), ("other", place)) as repository:
            with pytest.raises(ModelNotFoundError, match="expected other, scaling"):
                repository.find("boats")
            with pytest.raises(ModelNotReadyError, match="'other' is not loaded"):
                repository.find("other")

    asyncio.run(check())


def test_no_models_at_all_is_an_error_too(hosting):
    async def check():
        async with hosting() as repository:
            assert repository.ready
            with pytest.raises(ModelNotFoundError, match="no model at all"):
                repository.find("scaling")

    asyncio.run(check())


def test_a_server_is_ready_when_all_its_models_are(hosting, place):
    async def check():
        async with hosting(("a", place), ("b", place)) as repository:
            await repository.load("a")
            assert not repository.ready
            await repository.load("b")
            assert repository.ready
            repository.drain()
            assert not repository.ready
            assert repository.find("a")

    asyncio.run(check())


def test_a_new_version_takes_the_place_of_the_old_one(hosting, place, ask):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            old = repository.find("scaling")
            answer = ask(old, x=ONE)
            replace(place, 3)
            await repository.load("scaling")
            new = repository.find("scaling")
            assert new.digest != old.digest
            assert (await answer)[0].tolist() == [[2, 2]]
            assert (await ask(new, x=ONE))[0].tolist() == [[3, 3]]

    asyncio.run(check())


def test_no_request_is_lost_while_models_are_swapped(hosting, place, ask):
    async def client(repository, stop):
        answers = 0
        while not stop.is_set():
            (output,) = await ask(repository.find("scaling"), x=ONE)
            assert output[0, 0] in range(2, 8)
            answers += 1
        return answers

    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            stop = asyncio.Event()
            clients = [asyncio.create_task(client(repository, stop)) for _ in range(8)]
            for factor in range(3, 8):
                replace(place, factor)
                await repository.load("scaling")
            assert (await ask(repository.find("scaling"), x=ONE))[0][0, 0] == 7
            stop.set()
            assert all(await asyncio.gather(*clients))

    asyncio.run(check())


def test_a_model_that_does_not_verify_keeps_the_old_one_serving(hosting, tmp_path, caplog):
    bundle = registry_bundle(tmp_path / "tiny")

    async def check():
        async with hosting(("tiny", bundle.path)) as repository:
            await repository.load("tiny")
            (bundle.path / "card.md").write_text("better")
            for _ in range(2):
                with pytest.raises(DigestMismatchError):
                    await repository.load("tiny")
            assert repository.find("tiny").digest == bundle.digest
            assert repository.ready
            ((_, state, reason),) = states(repository)
            assert state == ModelState.READY
            assert reason.startswith("kept: ")
            assert "card.md has changed" in reason

    with caplog.at_level(logging.INFO):
        asyncio.run(check())
    assert caplog.text.count("was not loaded") == 1


def test_what_was_kept_is_forgotten_when_the_source_is_whole_again(hosting, place):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            (place / "model.onnx").rename(place / "away")
            with pytest.raises(BundleError):
                await repository.load("scaling")
            (place / "away").rename(place / "model.onnx")
            await repository.load("scaling")
            assert states(repository) == [("scaling", ModelState.READY, "")]

    asyncio.run(check())


def test_a_model_that_never_loaded_is_unavailable_and_says_why(hosting, tmp_path):
    async def check():
        async with hosting(("scaling", tmp_path / "absent")) as repository:
            errors = await repository.load_all()
            assert isinstance(errors["scaling"], BundleError)
            assert not repository.ready
            ((_, state, reason),) = states(repository)
            assert state == ModelState.UNAVAILABLE
            assert "absent" in reason
            with pytest.raises(ModelNotReadyError, match="UNAVAILABLE .*absent"):
                repository.find("scaling")

    asyncio.run(check())


def test_two_loads_at_once_are_one(hosting, place):
    fetches = []

    async def counted(source):
        fetches.append(source)
        return await fetch(source)

    async def check():
        async with hosting(("scaling", place), fetch=counted) as repository:
            first, second = (asyncio.create_task(repository.load("scaling")) for _ in range(2))
            await asyncio.sleep(0)
            assert states(repository) == [("scaling", ModelState.LOADING, "")]
            await asyncio.gather(first, second)
            assert len(fetches) == 1
            await repository.load("scaling")
            assert len(fetches) == 2

    asyncio.run(check())


def test_a_client_that_goes_away_does_not_take_the_load_along(hosting, place):
    async def check():
        async with hosting(("scaling", place)) as repository:
            gone = asyncio.create_task(repository.load("scaling"))
            await asyncio.sleep(0)
            gone.cancel()
            await repository.load("scaling")
            assert repository.ready

    asyncio.run(check())


def test_an_unloaded_model_is_not_found_but_is_no_failure(hosting, place, ask):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            answer = ask(repository.find("scaling"), x=ONE)
            await repository.unload("scaling")
            assert answer.done()
            assert repository.ready
            assert states(repository) == [("scaling", ModelState.UNLOADED, "unloaded on request")]
            with pytest.raises(ModelNotReadyError, match="UNLOADED"):
                repository.find("scaling")
            await repository.refresh("scaling")
            assert states(repository)[0][1] == ModelState.UNLOADED
            await repository.load("scaling")
            assert states(repository) == [("scaling", ModelState.READY, "")]

    asyncio.run(check())


def test_a_model_unloaded_while_it_loads_does_not_serve(hosting, place):
    async def check():
        async with hosting(("scaling", place)) as repository:
            loading = asyncio.create_task(repository.load("scaling"))
            await asyncio.sleep(0)
            await repository.unload("scaling")
            await loading
            assert states(repository)[0][1] == ModelState.UNLOADED

    asyncio.run(check())


@pytest.mark.parametrize("change", [Repository.load, Repository.unload, Repository.refresh])
def test_an_unknown_name_is_refused(hosting, place, change):
    async def check():
        async with hosting(("scaling", place)) as repository:
            with pytest.raises(ModelNotFoundError, match="expected scaling"):
                await change(repository, "../scaling")

    asyncio.run(check())


def test_a_model_that_came_later_is_loaded_by_its_name(hosting, place):
    async def check():
        async with hosting(("scaling", place), discover=lambda: sources_in(place.parent)) as repository:
            save(place.parent / "later" / "model.onnx", scaling(5))
            await repository.load("later")
            assert [entry.name for entry in repository.index()] == ["later", "scaling"]

    asyncio.run(check())


def test_the_same_version_loaded_again_counts_on(hosting, place):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            old = repository.find("scaling")
            await repository.load("scaling")
            await asyncio.sleep(0)
            new = repository.find("scaling")
            assert new is not old
            assert new.metrics is old.metrics
            assert new.metrics.ready

    asyncio.run(check())


def test_a_swapped_version_counts_as_ready_no_more(hosting, place):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            old = repository.find("scaling")
            replace(place, 3)
            await repository.load("scaling")
            await asyncio.sleep(0)
            assert not old.metrics.ready
            assert repository.find("scaling").metrics.ready

    asyncio.run(check())


def test_only_a_source_that_changed_is_loaded_again(hosting, place):
    async def check():
        async with hosting(("scaling", place)) as repository:
            await repository.load("scaling")
            model = repository.find("scaling")
            await repository.refresh("scaling")
            assert repository.find("scaling") is model
            replace(place, 3)
            await repository.refresh("scaling")
            assert repository.find("scaling").digest != model.digest

    asyncio.run(check())


def test_a_watch_follows_its_source_and_survives_its_failures(hosting, place, caplog):
    broken = asyncio.Event()

    async def sometimes(source):
        if broken.is_set():
            raise TrackingUnreachableError("The registry does not answer")
        return await fetch(source)

    async def until(condition):
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)

    async def check():
        async with hosting(("scaling", place), fetch=sometimes) as repository:
            await repository.load("scaling")
            model = repository.find("scaling")
            watching = asyncio.create_task(watch(repository, 0.01))
            broken.set()
            await until(lambda: "does not answer" in states(repository)[0][2])
            await asyncio.sleep(0.1)
            assert repository.find("scaling") is model
            replace(place, 3)
            broken.clear()
            await until(lambda: repository.find("scaling") is not model)
            assert states(repository) == [("scaling", ModelState.READY, "")]
            assert not watching.done()
            watching.cancel()

    with caplog.at_level(logging.INFO):
        asyncio.run(check())
    assert caplog.text.count("does not answer") == 1


def test_a_bug_in_a_source_ends_neither_the_watch_nor_the_model(hosting, place):
    rounds = []

    async def buggy(source):
        rounds.append(source)
        if len(rounds) > 1:
            raise RuntimeError("bug")
        return await fetch(source)

    async def check():
        async with hosting(("scaling", place), fetch=buggy) as repository:
            await repository.load("scaling")
            watching = asyncio.create_task(watch(repository, 0.01))
            async with asyncio.timeout(20):
                while len(rounds) < 4:
                    await asyncio.sleep(0.01)
            assert states(repository) == [("scaling", ModelState.READY, "kept: RuntimeError: bug")]
            assert not watching.done()
            watching.cancel()

    asyncio.run(check())
