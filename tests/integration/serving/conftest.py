"""Real server processes over small bundles."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.tiny_bundle import tiny_bundle

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def flights(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("bundles") / "flights")


def command(bundle, *options):
    return [sys.executable, "-m", "serving", "--model", f"flights={bundle}", "--port", "0", *options]


@contextmanager
def serving_process(bundle, *options, **how):
    """Start a server, yield it with the facts it announced, and leave none behind."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command(bundle, *options), stdout=subprocess.PIPE, text=True, env=environment, **how
    ) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()
