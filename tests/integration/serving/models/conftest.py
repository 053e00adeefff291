"""Sources outside this process: an S3 store and an embedded registry, with a home for the cache."""

import asyncio

import pytest

from serving.models.fetching import fetch
from serving.models.sources import ModelSource
from tests.support.embedded_registry import bundle, client, migrated_database, settings  # noqa: F401
from tests.support.seaweed import seaweed


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    with seaweed(tmp_path_factory.mktemp("seaweed")) as store:
        yield store


@pytest.fixture
def fetched():
    """Fetch an address as the server does."""

    def fetched(address):
        return asyncio.run(fetch(ModelSource("model", address)))

    return fetched
