"""One server with models of every kind, and the environments of the clients that ask it."""

import json
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.integration.serving.clients.echoed import HALVES, VALUES
from tests.support.echo_models import echoing
from tests.support.environments import PackagesError, environment
from tests.support.plain_models import save
from tests.support.serving_process import serving
from tests.support.tiny_bundle import echo_bundle, picking_bundle, tiny_bundle

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    makers = {"flights": tiny_bundle, "echo": echo_bundle, "picking": picking_bundle}
    versions = {"flights": "3", "echo": "7", "picking": "1"}
    for name, make in makers.items():
        make(folder / name)
    save(folder / "typed.onnx", echoing(*(each for each in VALUES if each not in HALVES)))
    models = [f"{name}:{versions[name]}={folder / name}" for name in makers]
    models.append(f"typed:8={folder / 'typed.onnx'}")
    options = [part for model in models for part in ("--model", model)]
    with serving(*options, "--allow-control") as server:
        yield server


@pytest.fixture(scope="session")
def client():
    """Run a client's script in its environment; returns the facts that it tells."""
    return partial(_facts, {})


def _facts(interpreters, packages, script, *arguments):
    if packages not in interpreters:
        interpreters[packages] = _interpreter(packages)
    command = [interpreters[packages], HERE / script, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _interpreter(packages):
    try:
        return environment(HERE / f"{packages}.txt")
    except PackagesError as error:
        pytest.skip(f"{error}\nRun this once where a package index can be reached: it is kept in .venv/clients.")
