"""A registry that pods of a one-node cluster reach: a real MLflow server on the node's own address."""

from __future__ import annotations

import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.helm import kubectl
from tests.support.processes import ServerProcess

_ADDRESS = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}"
_LEAN = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


@contextmanager
def registry_on_node(folder: Path) -> Iterator[str]:
    """Serve until the block ends, and give the address; skips the test where the node is another machine."""
    host = kubectl("get", "nodes", "--output", _ADDRESS)
    try:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
    except OSError:
        pytest.skip(f"the node's address {host} is not this machine's: pods could not reach a server here")
    command = [str(Path(sys.executable).parent / "mlflow"), "server", "--host", host, "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'registry.db'}"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts"]
    uri = f"http://{host}:{port}"
    process = ServerProcess(command, folder / "log", _LEAN)
    try:
        process.wait_until(lambda: _is_healthy(uri))
        yield uri
    finally:
        process.kill()


def _is_healthy(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
