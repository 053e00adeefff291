"""A real container engine, the one of DOCKER_HOST, and the project's images on it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.errors import EngineError
from slipway.images.engine import connected

ROOT = Path(__file__).parents[3]


def project_images(*arguments):
    command = [str(Path(sys.executable).with_name("slipway")), "images", *arguments, "--json"]
    answer = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout), answer.stderr


@pytest.fixture(scope="session")
def engine():
    try:
        with connected() as client:
            yield client
    except EngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def images(engine):
    """Family -> state of its image, built when it is not there."""
    states, _ = project_images("build")
    return {state["family"]: state for state in states}
