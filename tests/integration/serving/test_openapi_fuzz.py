"""The published OpenAPI document, tried out by schemathesis: what the server does is what it says."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.environments import PackagesError, environment
from tests.support.serving_process import serving
from tests.support.tiny_bundle import echo_bundle, tiny_bundle

pytestmark = pytest.mark.slow

REQUIREMENTS = Path(__file__).with_name("clients") / "schemathesis.txt"
EXAMPLES = "20"  # of each operation

# All checks but this one: JSON Schema cannot say that the values are as many as the product of the
# shape, that inputs have their rows in common, or what bytes are a tensor. So data that fit the
# schema may still be refused, with 400.
UNPROMISED = "positive_data_acceptance"


@pytest.fixture(scope="session")
def schemathesis():
    try:
        return environment(REQUIREMENTS).with_name("schemathesis")
    except PackagesError as error:
        pytest.skip(f"{error}\nRun this once where a package index can be reached: it is kept in .venv/clients.")


def explore(schemathesis, server, folder, *options):
    """Return how many operations were tried, if none contradicted the document."""
    command = [
        *(schemathesis, "run", f"{server.url}/openapi.json", "--no-color", "--generation-database", "none"),
        *("--checks", "all", "--exclude-checks", UNPROMISED, "--max-examples", EXAMPLES, "--seed", "7", *options),
    ]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return int(re.search(r"Tested: (\d+)", ended.stdout)[1])


def test_every_operation_does_what_the_document_says(schemathesis, tmp_path):
    flights, echo = tiny_bundle(tmp_path / "flights"), echo_bundle(tmp_path / "echo")
    with serving("--model", f"flights={flights.path}", "--model", f"echo={echo.path}") as server:
        paths = server.ask("GET", "/openapi.json").json["paths"]
        del paths["/openapi.json"]  # which it asks for the document, and for nothing else
        assert explore(schemathesis, server, tmp_path) == sum(map(len, paths.values()))


def test_models_are_loaded_and_unloaded_as_the_document_says(schemathesis, tmp_path):
    flights = tiny_bundle(tmp_path / "flights")
    with serving("--model", f"flights={flights.path}", "--allow-control") as server:
        assert explore(schemathesis, server, tmp_path, "--include-path-regex", "^/v2/repository/") == 3
