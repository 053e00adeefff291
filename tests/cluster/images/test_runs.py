"""Runs in containers: they make what processes make, go on after a stop, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.cli.local.container import LABEL
from tests.support.toy import step, wait_until
from tests.support.toy_images import make_toy_images, succeed

ROOT = Path(__file__).parents[3]
SLIPWAY = str(Path(sys.executable).with_name("slipway"))
QUICK = ("-p", "sample_share=0.05", "-p", "trials=1", "-p", 'candidates=["logistic_regression", "random_forest"]')


@pytest.fixture
def project(engine, images, tmp_path):
    project = make_toy_images(tmp_path, images["release"]["image"])
    (built,) = json.loads(succeed(project.slipway("images", "build", "toy", "--json")).stdout)
    yield project
    engine.images.remove(built["image"], force=True)


def containers(engine):
    return engine.containers.list(filters={"label": LABEL})


def start_and_wait_for_steps(project, *arguments):
    process = project.start("run", "slow", "--runner", "docker", *arguments)
    marks = [project.scratch / f"lingering-{name}" for name in ("left", "right")]
    try:
        wait_until(lambda: all(mark.exists() for mark in marks) or process.poll() is not None, "both steps linger")
        assert process.poll() is None, process.communicate()[1]
    except AssertionError:
        process.kill()
        raise
    return process


@pytest.mark.slow
def test_flight_delay_makes_the_same_in_processes_and_in_containers(images, tmp_path):
    def slipway(home, *arguments):
        environment = {**os.environ, "SLIPWAY_HOME": str(tmp_path / home), "COLUMNS": "300"}
        return subprocess.run(
            [SLIPWAY, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    runs = {}
    for runner in ("subprocess", "docker"):  # a home each: what the last steps say follows the registry
        record = json.loads(
            succeed(slipway(runner, "run", "flight_delay", "--runner", runner, *QUICK, "--json")).stdout
        )
        assert record["runner"] == runner
        assert not any(one["cached"] for one in record["steps"])
        runs[runner] = str(tmp_path / runner / "runs" / record["run"])
    compared = json.loads(succeed(slipway("docker", "parity", "diff", *runs.values(), "--json")).stdout)
    same = {f"{one['step']}.{one['output']}" for one in compared if one["same"]}
    assert {"split_dataset.train", "train_model.model", "package_bundle.bundle", "evaluate_model.metrics"} <= same
    assert {one["step"] for one in compared if not one["same"]} <= {"judge_release", "register_model"}


def test_finished_steps_are_cached_across_runners(project):
    succeed(project.slipway("run", "notes", "--runner", "docker"))
    answer = succeed(project.slipway("run", "notes"))
    assert " 0 steps run" in answer.stdout


def test_failed_step_tells_its_own_traceback(project):
    answer = project.slipway("run", "fragile", "-p", "kind=bug", "--runner", "docker")
    assert answer.returncode != 0
    assert "Error: Step '" in answer.stderr
    assert "/opt/app/components/toy/" in answer.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_run_leaves_no_container_and_goes_on(engine, project, number):
    process = start_and_wait_for_steps(project)
    assert len(containers(engine)) == 2
    process.send_signal(number)
    process.communicate(timeout=120)
    wait_until(lambda: not containers(engine), "the containers end")
    (project.scratch / "let-go").touch()
    answer = succeed(project.slipway("run", "slow", "--runner", "docker"))
    assert "2 steps run, 1 cached" in answer.stdout
    assert sorted(project.journal()) == ["linger left", "linger right", "write_note"]


def test_step_that_ignores_the_request_is_killed_by_the_second(engine, project):
    process = start_and_wait_for_steps(project, "-p", "stubborn=true")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    wait_until(lambda: not containers(engine), "the containers end")


def test_step_killed_in_its_container_is_told_as_killed(engine, project):
    process = start_and_wait_for_steps(project)
    for container in containers(engine):
        container.kill("SIGKILL")
    _, said = process.communicate(timeout=120)
    assert "was killed (SIGKILL)" in said
    assert step(project.runs()[-1], "write_note")["status"] == "done"


def test_image_that_is_not_built_says_how(project):
    path = project.root / "components" / "toy" / "write_note.py"
    path.write_text(path.read_text() + "\n# changed\n")
    answer = project.slipway("run", "notes", "--runner", "docker")
    assert answer.returncode == 1
    assert "is not on the engine. Build it: slipway images build toy" in answer.stderr
