"""Bundles and an application over them, asked in this process."""

import asyncio

import httpx
import pytest

from serving.app import create_app
from serving.models import Models, load_model
from tests.support.tiny_bundle import echo_bundle, tiny_bundle


@pytest.fixture(scope="session")
def flights(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("bundles") / "flights")


@pytest.fixture(scope="session")
def echo(tmp_path_factory):
    return echo_bundle(tmp_path_factory.mktemp("bundles") / "echo")


@pytest.fixture
def models(flights, echo):
    return Models([load_model(flights.path, name="flights", version="7"), load_model(echo.path, name="echo")])


@pytest.fixture
def ask(models):
    def send(method, path, *, app=None, **request):
        async def exchange():
            transport = httpx.ASGITransport(app=app or create_app(models), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
                return await client.request(method, path, **request)

        return asyncio.run(exchange())

    return send
