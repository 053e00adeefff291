"""Steps that end badly: what the user reads, and which exit code the process has."""

import pytest

from tests.support.toy import make_toy_project, step

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path):
    return make_toy_project(tmp_path)


def test_failed_step_tells_its_paragraph_and_exits_with_its_class(project):
    answer = project.slipway("run", "fragile", "-p", "kind=data")
    assert answer.returncode == 4
    last = answer.stderr.splitlines()[-1]
    assert last.startswith("Error: Step 'end_badly' failed: Table 'flights' is short: expected 2 rows, got 1.")
    assert "end_badly.log" in last
    assert "Traceback" not in answer.stderr


def test_debug_shows_the_step_s_traceback(project):
    answer = project.slipway("run", "fragile", "-p", "kind=data", "--debug")
    assert answer.returncode == 4
    assert 'raise DatasetError("Table' in answer.stderr


def test_bug_in_a_step_shows_the_step_s_own_traceback(project):
    answer = project.slipway("run", "fragile", "-p", "kind=bug")
    assert answer.returncode == 1
    assert "Step 'end_badly' failed with ZeroDivisionError: no letters to divide by" in answer.stderr
    assert "components/toy/end_badly.py" in answer.stderr
    assert "runpy" not in answer.stderr
    assert "kfp/dsl" not in answer.stderr


def test_killed_step_names_the_signal_and_memory(project):
    answer = project.slipway("run", "fragile", "-p", "kind=memory")
    assert answer.returncode == 1
    assert "was killed (SIGKILL): most often the system does so when memory has run out" in answer.stderr


def test_silent_exit_tells_the_code(project):
    answer = project.slipway("run", "fragile", "-p", "kind=silence")
    assert answer.returncode == 1
    assert "ended with exit code 7 and no traceback" in answer.stderr


def test_failed_run_is_recorded_and_leaves_no_half_output(project):
    project.slipway("run", "fragile", "-p", "kind=data")
    (record,) = project.runs()
    assert record["status"] == "failed"
    assert record["error"].startswith("Step 'end_badly' failed: Table 'flights' is short")
    assert step(record, "end_badly")["status"] == "failed"
    assert step(record, "write_note")["status"] == "skipped"
    assert project.journal() == []
    assert list(project.home.glob("runs/*/end-badly")) == []


def test_failed_iteration_is_named_and_no_further_one_starts(project):
    answer = project.slipway("run", "fragile_loop")
    assert answer.returncode == 4
    assert "Step 'end_badly[data]' failed" in answer.stderr
    (record,) = project.runs()
    assert step(record, "end_badly[silence]")["status"] == "skipped"
    assert "end_badly[silence]" not in answer.stderr


def test_failed_attempt_is_tried_again_from_a_clean_folder(project):
    answer = project.slipway("run", "patient")
    assert answer.returncode == 0, answer.stderr
    assert "1 steps run, 0 cached" in answer.stdout
    (record,) = project.runs()
    log = (project.home / "runs" / record["run"] / "logs" / "succeed_later.log").read_text()
    assert "ConnectionError: not yet" in log


def test_step_that_fails_every_attempt_tells_the_last(project):
    answer = project.slipway("run", "patient", "-p", "failures=2")
    assert answer.returncode == 1
    assert "Step 'succeed_later' failed with ConnectionError: not yet" in answer.stderr


def test_home_that_is_no_folder_is_told_in_a_paragraph(project):
    (project.root / ".slipway").write_text("a file")
    answer = project.slipway("run", "notes")
    assert answer.returncode == 1
    assert "Cannot write" in answer.stderr
    assert "SLIPWAY_HOME" in answer.stderr
