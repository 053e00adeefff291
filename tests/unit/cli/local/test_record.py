from datetime import UTC, datetime, timedelta

import pytest

from slipway.cli.local.record import (
    RECORD_FILE,
    RunFolder,
    RunRecord,
    RunStatus,
    StepRecord,
    clean_up_killed_runs,
    list_runs,
)
from slipway.cli.local.steps import StepStatus

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def step(name, status):
    return StepRecord(name=name, key=name, status=status, cached=False, seconds=1.0, log=None)


def record(folder, status=RunStatus.RUNNING, started=STARTED, steps=()):
    return RunRecord(
        run=folder.path.name,
        pipeline="toy",
        parameters={"n": 1},
        code_revision="unknown",
        status=status,
        started=started,
        steps=list(steps),
    )


def make_run(home, **facts):
    folder = RunFolder.create(home, "toy")
    folder.write(record(folder, **facts))
    return folder


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    folders = {RunFolder.create(tmp_path, "toy").path for _ in range(5)}
    assert len(folders) == 5
    assert all(folder.is_dir() and folder.name.startswith("toy-") for folder in folders)


def test_record_comes_back_as_it_was(tmp_path):
    folder = RunFolder.create(tmp_path, "toy")
    written = record(folder, steps=[step("a", StepStatus.DONE), step("b", StepStatus.CACHED)])
    folder.write(written)
    assert folder.read() == written
    assert (written.count(cached=False), written.count(cached=True)) == (1, 1)


def test_runs_are_listed_newest_first(tmp_path):
    made = [make_run(tmp_path, status=RunStatus.DONE, started=STARTED + timedelta(hours=n)) for n in (1, 3, 2)]
    assert [one.run for one in list_runs(tmp_path)] == [made[1].path.name, made[2].path.name, made[0].path.name]


def test_no_home_has_no_runs(tmp_path):
    assert list_runs(tmp_path / "nowhere") == []
    clean_up_killed_runs(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{}", '{"run": 3}'])
def test_record_that_cannot_be_read_is_passed_over(tmp_path, text):
    folder = RunFolder.create(tmp_path, "toy")
    (folder.path / RECORD_FILE).write_text(text)
    (tmp_path / "runs" / "stray-file").write_text("x")
    assert list_runs(tmp_path) == []
    clean_up_killed_runs(tmp_path)


def test_running_run_is_running_while_it_is_held(tmp_path):
    folder = make_run(tmp_path)
    with folder.held() as is_ours:
        assert is_ours
        assert [one.status for one in list_runs(tmp_path)] == [RunStatus.RUNNING]
        with folder.held() as is_ours_too:
            assert not is_ours_too
        clean_up_killed_runs(tmp_path)
        assert folder.read().status is RunStatus.RUNNING
    assert [one.status for one in list_runs(tmp_path)] == [RunStatus.KILLED]


def test_killed_run_loses_what_its_running_steps_had_half_written(tmp_path):
    steps = [
        step("first", StepStatus.DONE),
        step("second", StepStatus.RUNNING),
        step("third", StepStatus.WAITING),
    ]
    folder = make_run(tmp_path, steps=steps)
    with folder.held():
        pass
    for name in ("first", "second", "workspace"):
        (folder.path / name).mkdir()
    clean_up_killed_runs(tmp_path)
    closed = folder.read()
    assert closed.status is RunStatus.KILLED
    assert [one.status.value for one in closed.steps] == ["done", "interrupted", "skipped"]
    assert {path.name for path in folder.path.iterdir() if path.is_dir()} == {"first", "logs"}


def test_finished_run_is_left_alone(tmp_path):
    folder = make_run(tmp_path, status=RunStatus.DONE, steps=[step("first", StepStatus.DONE)])
    (folder.path / "first").mkdir()
    clean_up_killed_runs(tmp_path)
    assert folder.read().status is RunStatus.DONE
    assert (folder.path / "first").is_dir()
