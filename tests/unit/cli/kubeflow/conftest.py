"""A Kubeflow Pipelines server of the tests' own, and a client of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.cli.kubeflow.client import Kubeflow
from slipway.settings import Settings
from tests.support.kubeflow_server.server import KubeflowServer, kubeflow_server

IR = """\
components:
  comp-write-note:
    executorLabel: exec-write-note
deploymentSpec:
  executors:
    exec-write-note:
      container: {image: 'slipway-toy:1', command: [python3], args: []}
pipelineInfo: {name: toy}
root:
  dag:
    tasks:
      write-note: {componentRef: {name: comp-write-note}, taskInfo: {name: write-note}}
  inputDefinitions:
    parameters:
      text: {defaultValue: a note, parameterType: STRING}
      count: {parameterType: NUMBER_INTEGER}
schemaVersion: 2.1.0
sdkVersion: kfp-2.17.0
"""


@pytest.fixture
def server() -> Iterator[KubeflowServer]:
    with kubeflow_server() as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    """What a client has said while it waited."""
    return []


@pytest.fixture
def settings(server: KubeflowServer, tmp_path: Path) -> Settings:
    """Of a client with little patience."""
    return Settings(
        home=tmp_path / "home", kubeflow_url=server.url, kubeflow_patience_seconds=5, kubeflow_timeout_seconds=5
    )


@pytest.fixture
def kubeflow(settings: Settings, said: list[str]) -> Kubeflow:
    return Kubeflow(settings, said.append)


@pytest.fixture
def ir(tmp_path: Path) -> Callable[..., Path]:
    """Write an IR file; another `note` makes other content."""

    def write(note: str = "a note") -> Path:
        file = tmp_path / f"{note.replace(' ', '-')}.yaml"
        file.write_text(IR.replace("a note", note))
        return file

    return write
