import pytest

from slipway.cli.local.plan import PlannedStep
from slipway.cli.local.steps import StepBoard, StepStatus

PLANNED = [
    PlannedStep("write-note", "write_note"),
    PlannedStep("loop-0/try", "try[a/b]"),
    PlannedStep("end", "end"),
]


@pytest.fixture
def told():
    return []


@pytest.fixture
def board(tmp_path, told):
    return StepBoard(tmp_path, PLANNED, told.append)


def statuses(board):
    return {step.name: step.status.value for step in board.all()}


def test_planned_steps_wait_in_order(board, told):
    assert [step.name for step in board.all()] == ["write_note", "try[a/b]", "end"]
    assert {step.status for step in board.all()} == {StepStatus.WAITING}
    assert told == []


def test_step_is_numbered_in_the_order_of_starting(board, told):
    board.begin(board.get("end", "end"))
    board.end(board.get("write-note", "write_note"), StepStatus.CACHED)
    board.end(board.get("end", "end"), StepStatus.DONE)
    assert [(step.name, step.number, step.status.value) for step in told] == [
        ("end", 1, "running"),
        ("write_note", 2, "cached"),
        ("end", 1, "done"),
    ]


def test_seconds_are_those_between_start_and_end(board):
    step = board.get("end", "end")
    board.begin(step)
    assert board.get("end", "end").elapsed_seconds >= 0
    board.end(step, StepStatus.DONE)
    ended = board.get("end", "end")
    assert ended.seconds == ended.elapsed_seconds >= 0
    assert ended.is_over


def test_second_attempt_keeps_the_first_one_s_clock(board, told):
    board.begin(board.get("end", "end"))
    started = board.get("end", "end").started
    board.begin(board.get("end", "end"))
    assert board.get("end", "end").started == started
    assert len(told) == 1


def test_unforeseen_step_joins_the_list(board):
    board.begin(board.get("loop-1/try", "try[c]"))
    assert statuses(board)["try[c]"] == "running"


def test_waiting_steps_are_skipped_at_the_end_and_stay_unnumbered(board):
    board.end(board.get("write-note", "write_note"), StepStatus.FAILED)
    board.skip_waiting()
    assert statuses(board) == {"write_note": "failed", "try[a/b]": "skipped", "end": "skipped"}
    assert [step.number for step in board.all()] == [1, 0, 0]


def test_logs_have_plain_and_different_names(board, tmp_path):
    board.get("loop-1/try", "try[a-b]")
    names = [step.log.relative_to(tmp_path).as_posix() for step in board.all()]
    assert names == ["write_note.log", "try-a-b.log", "end.log", "try-a-b-3.log"]


def test_listener_may_read_the_board(tmp_path):
    seen = []
    board = StepBoard(tmp_path, PLANNED, lambda _: seen.append(len(board.all())))
    board.begin(board.get("end", "end"))
    assert seen == [3]
