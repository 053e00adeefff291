"""The line from CSV to champion: what a run leaves in the registry, and what the gate does to it."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from slipway.bundle.bundle import Bundle
from slipway.errors import ExitCode
from slipway.registry.resolve import fetch_bundle
from slipway.registry.tracking import connect
from slipway.settings import load_settings
from tests.support.ports import closed_port
from tests.support.tiny_line import ROOT, TinyLine, trips


def versions(tiny: TinyLine) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = tiny.json("models", "show", "tiny")
    return listed


def top_runs(tiny: TinyLine) -> list[Any]:
    """Recorded runs that are nested under none."""
    client = connect(load_settings(home=tiny.home))
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return [run for run in client.search_runs(experiments) if "mlflow.parentRunId" not in run.data.tags]


def bundle_of(tiny: TinyLine, uri: str) -> Bundle:
    return fetch_bundle(uri, load_settings(home=tiny.home)).bundle


def test_first_run_promotes_second_changes_nothing_third_must_be_better(tmp_path: Path) -> None:
    tiny = TinyLine(tmp_path / "project").write()
    first = tiny.run()
    assert first.returncode == 0, first.stderr
    assert "promote" in first.stdout
    (version,) = versions(tiny)
    assert version["aliases"] == ["champion"]
    bundle = bundle_of(tiny, "models:/tiny@champion")
    assert bundle.parity.passed
    assert bundle.evaluation.metrics["roc_auc"] > 0.8
    assert {node.step for node in bundle.lineage.datasets} == {"collect", "transform", "split"}

    again = tiny.run()
    assert again.returncode == 0, again.stderr
    assert "unchanged" in again.stdout
    assert "2 steps run" in again.stdout
    assert len(versions(tiny)) == 1
    assert len(top_runs(tiny)) == 1

    (run,) = top_runs(tiny)
    assert run.data.tags["slipway.verdict"].startswith("Promote")

    # Another seed makes another model that is no better: registered, recorded, not promoted.
    other = tiny.run("-p", "seed=2")
    assert other.returncode == 0, other.stderr
    assert "hold" in other.stdout
    by_alias = {alias: version["version"] for version in versions(tiny) for alias in version["aliases"]}
    assert by_alias == {"champion": "1", "challenger": "2"}
    assert len(top_runs(tiny)) == 2


def test_a_model_that_knows_nothing_is_refused_recorded_and_not_registered(tmp_path: Path) -> None:
    tiny = TinyLine(tmp_path / "project", columns=trips(signal=0.0)).write()
    answer = tiny.run()
    assert answer.returncode == ExitCode.REFUSED, answer.stderr
    assert "register_model" in answer.stderr
    assert "the champion is untouched" in answer.stderr
    assert tiny.json("models", "list") == []
    assert len(top_runs(tiny)) == 1


def test_a_failed_parity_stops_the_release(tmp_path: Path) -> None:
    strict = {"absolute": 1e-12, "relative": 1e-12}
    tiny = TinyLine(tmp_path / "project", candidates=["logistic_regression"], line={"tolerance": strict}).write()
    answer = tiny.run()
    assert answer.returncode == ExitCode.REFUSED, answer.stderr
    assert "arity" in answer.stderr
    assert tiny.json("models", "list") == []


def test_a_tracking_server_that_is_down_loses_nothing(tmp_path: Path) -> None:
    tiny = TinyLine(tmp_path / "project", candidates=["logistic_regression"]).write()
    with closed_port() as port:
        tiny.environment = {
            "SLIPWAY_TRACKING_URI": f"http://127.0.0.1:{port}",
            "SLIPWAY_TRACKING_TIMEOUT_SECONDS": "2",
        }
        down = tiny.run()
    assert down.returncode == ExitCode.UNREACHABLE, down.stderr
    assert f"127.0.0.1:{port}" in down.stderr
    tiny.environment = {}
    up = tiny.run()
    assert up.returncode == 0, up.stderr
    assert "2 steps run" in up.stdout
    assert len(versions(tiny)) == 1


STEPS = ["collect_sources", "split_dataset", "search_candidate", "train_model", "package_bundle", "judge_release"]


def test_a_run_killed_at_any_step_continues_and_registers_once(tmp_path: Path) -> None:
    tiny = TinyLine(tmp_path / "project", candidates=["logistic_regression"]).write()
    for step in STEPS:
        kill_at(tiny, step)
    for delay in (0.0, 1.5, 3.0):  # registration has stages of its own
        kill_at(tiny, "register_model", delay)
    answer = tiny.run()
    assert answer.returncode == 0, answer.stderr
    assert len(versions(tiny)) == 1
    (run,) = top_runs(tiny)
    assert run.info.status == "FINISHED"
    assert bundle_of(tiny, "models:/tiny@champion").parity.passed
    assert not [path for path in tiny.home.rglob("*.partial-*") if "home/runs" not in str(path)]


def kill_at(tiny: TinyLine, step: str, delay_seconds: float = 0.0) -> None:
    """Start a run and SIGKILL it once `step` is running, or let it end if that takes less than the delay."""
    command = tiny.command("run", str(tiny.folder / "tiny.py"))
    with subprocess.Popen(command, cwd=ROOT, env=tiny.env(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen = any(step in line and "running" in line for line in process.stderr)
        assert seen, f"{step} never ran"
        time.sleep(delay_seconds)
        process.kill()


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLIPWAY_HOME", "SLIPWAY_TRACKING_URI", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
