"""Fetching a model in an environment that has only the server's packages."""

import json
import os
import subprocess
import sys

import pytest

WITHOUT_SETTINGS = """
import sys
sys.modules["pydantic"] = sys.modules["mlflow"] = None  # their imports fail
from slipway.registry.fetch import main
main(sys.argv[1:])
"""
NOBODY = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def refusal(address, home):
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT_SETTINGS, address],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **NOBODY, "AWS_MAX_ATTEMPTS": "1", "SLIPWAY_HOME": str(home)},
    ).stdout
    return json.loads(said)["error"]


def test_a_store_is_asked_without_settings(tmp_path):
    error = refusal("s3://bucket/model", tmp_path)
    assert error["kind"] == "TrackingUnreachableError"


@pytest.mark.parametrize("address", ["models:/flights@champion", "runs:/1/bundle"])
def test_a_registry_says_what_it_needs(tmp_path, address):
    error = refusal(address, tmp_path)
    assert "is not installed" in error["failed"]
    assert "slipway[core]" in error["cure"]
