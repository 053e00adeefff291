"""An engine that cannot be had, for real: nothing is there, or what is there is none."""

import os
import socket

import pytest

from slipway.errors import EngineError, ExitCode
from slipway.images.engine import connected


def reach(monkeypatch, address):
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(EngineError) as caught, connected():
        pass
    assert caught.value.exit_code is ExitCode.UNREACHABLE
    assert f"'{address}'" in str(caught.value)
    return str(caught.value)


def test_no_socket_says_to_start_docker(monkeypatch, tmp_path):
    assert "Start Docker, or set DOCKER_HOST" in reach(monkeypatch, f"unix://{tmp_path}/docker.sock")


def test_nobody_listening_says_to_start_docker(monkeypatch):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{held.getsockname()[1]}"
        assert "Start Docker, or set DOCKER_HOST" in reach(monkeypatch, address)


def test_malformed_address_says_to_correct_it(monkeypatch):
    assert "Correct DOCKER_HOST" in reach(monkeypatch, "carrier-pigeon://coop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_socket_of_another_says_to_join_the_group(monkeypatch, tmp_path):
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0)
        assert "group 'docker'" in reach(monkeypatch, f"unix://{path}")
