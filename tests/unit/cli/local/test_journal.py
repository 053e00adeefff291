import logging
from datetime import UTC, datetime

import pytest

from slipway.cli.local.journal import Journal, runner_log
from slipway.cli.local.plan import PlannedStep
from slipway.cli.local.record import RunFolder, RunRecord, RunStatus
from slipway.cli.local.steps import StepBoard, StepStatus


def record(folder):
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return RunRecord(
        run=folder.path.name,
        pipeline="toy",
        parameters={},
        code_revision="unknown",
        status=RunStatus.RUNNING,
        started=started,
    )


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path, "toy")


def test_record_follows_the_steps(folder):
    board = StepBoard(
        folder.logs, [PlannedStep("write-note", "write_note"), PlannedStep("end", "end")], lambda _: None
    )
    journal = Journal(folder, record(folder))
    board.get("write-note", "write_note").log.write_text("hello")
    board.begin(board.get("write-note", "write_note"))
    journal.note(board.all)
    first, second = folder.read().steps
    assert (first.status, first.log) == (StepStatus.RUNNING, "logs/write_note.log")
    assert (second.status, second.log) == (StepStatus.WAITING, None)


def test_closing_writes_the_end_and_returns_the_record(folder):
    journal = Journal(folder, record(folder))
    closed = journal.close(RunStatus.FAILED, error="It broke.")
    assert closed == folder.read()
    assert closed.status is RunStatus.FAILED
    assert closed.error == "It broke."
    assert closed.finished is not None
    assert closed.seconds >= 0


def test_runner_s_log_takes_all_and_shows_warnings_alone(tmp_path):
    said = []
    logger = logging.getLogger()
    before = (logger.level, logger.handlers[:])
    with runner_log(tmp_path / "runner.log", said.append):
        logging.info("step one")
        logging.warning("cannot read the condition")
        logging.error("step one failed")
    assert said == ["KFP: cannot read the condition"]
    lines = (tmp_path / "runner.log").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "INFO step one",
        "WARNING cannot read the condition",
        "ERROR step one failed",
    ]
    assert (logger.level, logger.handlers[:]) == before
