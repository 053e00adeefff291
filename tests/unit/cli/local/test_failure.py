import re
import signal
import subprocess
import sys

import pytest

from slipway.cli.local.failure import step_failure
from slipway.errors import ExitCode


@pytest.fixture
def log(tmp_path):
    return tmp_path / "train_model.log"


def log_of(log, code):
    """The log of a real Python process that ran the code."""
    with log.open("wb") as output:
        subprocess.run([sys.executable, "-c", code], stdout=output, stderr=subprocess.STDOUT, check=False)
    return log


def test_slipway_error_is_told_by_its_paragraph_and_exit_code(log):
    log_of(log, "from slipway.errors import ParityError\nraise ParityError('Too far', got='0.5', cure='Look.')")
    error = step_failure("train_model", 1, log)
    assert str(error).startswith("Step 'train_model' failed: Too far: got 0.5. Look. Its log is ")
    assert error.exit_code is ExitCode.REFUSED
    assert error.traceback.startswith("Traceback (most recent call last):")
    assert not error.is_bug


def test_paragraph_of_several_lines_is_kept_whole(log):
    log.write_text(
        'Traceback (most recent call last):\n  File "x.py", line 1, in f\n'
        "slipway.errors.DataError: Rows are off\n  row 3\n  row 5.\n"
    )
    assert "failed: Rows are off row 3 row 5." in str(step_failure("train_model", 1, log))


def test_error_of_a_slipway_error_s_cause_is_not_mistaken_for_it(log):
    log_of(
        log,
        "from slipway.errors import DataError\n"
        "try:\n    1 / 0\n"
        "except ZeroDivisionError as error:\n    raise DataError('No rows') from error",
    )
    error = step_failure("train_model", 1, log)
    assert "failed: No rows." in str(error)
    assert error.exit_code is ExitCode.BAD_DATA


def test_other_error_shows_its_traceback(log):
    log_of(log, "print('before')\ndef fit():\n    return {}['carrier']\nfit()")
    error = step_failure("train_model", 1, log)
    assert str(error).startswith("Step 'train_model' failed with KeyError: 'carrier'. Its log is ")
    assert error.is_bug
    assert "in fit" in error.traceback
    assert "before" not in error.traceback
    assert error.exit_code is ExitCode.FAILED


def test_error_of_a_name_that_only_looks_like_ours_is_a_plain_one(log):
    log.write_text('Traceback (most recent call last):\n  File "x.py", line 1, in f\nslipway.errors.Made: up\n')
    assert step_failure("train_model", 1, log).exit_code is ExitCode.FAILED


def test_only_the_last_traceback_counts(log):
    log.write_text(
        'Traceback (most recent call last):\n  File "x.py", line 1, in f\nValueError: first\nretrying\n'
        'Traceback (most recent call last):\n  File "x.py", line 1, in f\nValueError: second\n'
    )
    error = step_failure("train_model", 1, log)
    assert "first" not in error.traceback + str(error)


def test_frames_of_the_machinery_are_left_out(log):
    log.write_text(
        "Traceback (most recent call last):\n"
        '  File "<frozen runpy>", line 198, in _run_module_as_main\n'
        '  File "/venv/kfp/dsl/executor_main.py", line 90, in executor_main\n'
        "    output_file = executor.execute()\n"
        '  File "/project/components/tabular/train_model.py", line 9, in train_model\n    fit()\n'
        "ValueError: bad\n"
    )
    trace = step_failure("train_model", 1, log).traceback
    assert "components/tabular/train_model.py" in trace
    assert "runpy" not in trace
    assert "executor" not in trace


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGKILL, "SIGKILL.*memory has run out"), (signal.SIGSEGV, "SIGSEGV"), (63, "signal 63|SIGRT")],
)
def test_step_ended_by_a_signal_names_it(log, number, words):
    log.write_text("")
    assert re.search(words, str(step_failure("train_model", -number, log)))


def test_exit_without_a_traceback_shows_the_last_lines(log):
    log.write_text("\n".join(f"line {number}" for number in range(30)))
    error = step_failure("train_model", 3, log)
    assert "exit code 3 and no traceback" in str(error)
    assert error.is_bug
    assert "line 29" in error.traceback
    assert "line 19" not in error.traceback


def test_long_log_is_read_from_its_end(log):
    log.write_text("x" * (3 << 20) + "\nTraceback (most recent call last):\n  File 'a'\nValueError: at the end\n")
    assert "ValueError: at the end" in str(step_failure("train_model", 1, log))
