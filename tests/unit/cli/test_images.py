"""`slipway images` where no engine is: what is refused before one is asked, and that one is missed."""

import json

import pytest

from slipway.cli.image_progress import ImageProgress
from slipway.errors import ExitCode
from slipway.images.build import BuildEvent
from tests.support.command import slipway


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")


@pytest.mark.parametrize("arguments", [("build",), ("list",), ("build", "release", "--json")])
def test_missing_engine_is_told_with_its_address(monkeypatch, tmp_path, arguments):
    answer = slipway(monkeypatch, "images", *arguments)
    assert answer.code == ExitCode.UNREACHABLE
    assert f"No container engine answers at 'unix://{tmp_path}/docker.sock'" in answer.err
    assert "Start Docker" in answer.err
    assert answer.out == ""


def test_unknown_family_is_told_with_those_there_are(monkeypatch):
    answer = slipway(monkeypatch, "images", "build", "tubular")
    assert answer.code == ExitCode.USAGE
    assert (
        "no image 'tubular': expected one of: collect, evaluate, release, tabular, serving, mlflow." in answer.err
    )


def test_push_without_a_registry_says_which_setting_names_one(monkeypatch):
    answer = slipway(monkeypatch, "images", "push")
    assert answer.code == ExitCode.USAGE
    assert "SLIPWAY_IMAGE_PREFIX" in answer.err


def test_run_in_containers_without_an_engine_runs_no_step(monkeypatch, tmp_path):
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    answer = slipway(monkeypatch, "run", "airport_groups", "--runner", "docker")
    assert answer.code == ExitCode.UNREACHABLE
    assert "No container engine answers" in answer.err
    (record,) = json.loads(slipway(monkeypatch, "runs", "--json").out)
    assert record["runner"] == "docker"
    assert {step["status"] for step in record["steps"]} == {"skipped"}


def test_progress_on_a_file_is_a_line_a_step_and_the_outcome():
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    with ImageProgress(Console(file=out, width=200)) as progress, progress.of("toy") as line:
        line.built(BuildEvent(1, 2, "FROM python"))
        line.built(BuildEvent(2, 2, "RUN make"))
        line.built(BuildEvent(2, 2, "RUN make", "compiling [1]"))
        assert "2/2 RUN make | compiling [1]" in line.now()
        line.sent("a", 5_000_000, 9_000_000)
        line.sent("b", 1_000_000, 1_000_000)
        assert line.now().endswith("6 of 10 MB sent")
        line.end("built slipway-toy:1")
    assert out.getvalue().splitlines() == [
        "[toy] 1/2 FROM python",
        "[toy] 2/2 RUN make",
        "[toy] built slipway-toy:1 (0.0 s)",
    ]
