"""A run that is stopped: nothing survives it, nothing half-written stays, and the next run goes on."""

import os
import signal

import psutil
import pytest

from tests.support.toy import make_toy_project, step, wait_until

pytestmark = pytest.mark.slow

NAMES = ("left", "right")


@pytest.fixture
def project(tmp_path):
    return make_toy_project(tmp_path)


def start_and_wait_for_steps(project, *arguments):
    """Start the slow pipeline; return its process and those of its two steps and of their children."""
    process = project.start("run", "slow", *arguments)
    marks = [project.scratch / f"lingering-{name}" for name in NAMES]
    try:
        wait_until(lambda: all(mark.exists() for mark in marks), "both steps linger")
    except AssertionError:
        process.kill()
        raise
    pids = [int(pid) for mark in marks for pid in mark.read_text().split()]
    return process, [psutil.Process(pid) for pid in pids]


def assert_all_gone(processes):
    wait_until(lambda: not any(is_alive(process) for process in processes), "the steps' processes end")


def is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def half_written(project):
    return list(project.home.glob("runs/*/for-loop-*/linger/*"))


def assert_resumes(project):
    (project.scratch / "let-go").touch()
    answer = project.slipway("run", "slow")
    assert answer.returncode == 0, answer.stderr
    assert "2 steps run, 1 cached" in answer.stdout
    assert sorted(project.journal()) == ["linger left", "linger right", "write_note"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_run_leaves_no_process_and_no_half_output(project, number):
    process, others = start_and_wait_for_steps(project)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 130, err
    assert not any(is_alive(other) for other in [*others, *below])
    assert half_written(project) == []
    assert err.splitlines()[-1].startswith("Error: The run was interrupted")
    (record,) = project.runs()
    assert record["status"] == "interrupted"
    assert step(record, "linger[left]")["status"] == "interrupted"
    assert_resumes(project)


def test_second_signal_kills_steps_that_will_not_end(project):
    process, others = start_and_wait_for_steps(project, "-p", "stubborn=true")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "Stopping 2 running step" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert not any(is_alive(other) for other in others)
    assert half_written(project) == []


def test_killed_run_takes_its_steps_along_and_the_next_one_continues(project):
    process, others = start_and_wait_for_steps(project)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert_all_gone(others)
    (record,) = project.runs()
    assert record["status"] == "killed"
    assert step(record, "write_note")["status"] == "done"
    assert_resumes(project)
    killed = project.runs()[0]
    assert killed["status"] == "killed"
    assert step(killed, "linger[left]")["status"] == "interrupted"
    assert not any((project.home / "runs" / killed["run"]).glob("for-loop-*/linger"))


def test_run_that_waits_for_another_attempt_stops_at_once(project):
    process = project.start("run", "patient", "-p", "at_once=false")
    log = "runs/*/runner.log"
    wait_until(lambda: any("Retrying in 3600" in path.read_text() for path in project.home.glob(log)), "a retry")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130, err


def test_step_whose_code_changed_under_it_is_not_kept(project):
    process, _ = start_and_wait_for_steps(project)
    source = project.root / "components" / "toy" / "linger.py"
    original = source.read_text()
    source.write_text(original + "# edited\n")
    (project.scratch / "let-go").touch()
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert err.count("Code changed during the run") == 1
    source.write_text(original)
    assert "2 steps run, 1 cached" in project.slipway("run", "slow").stdout
