import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from slipway.cli.local import guard
from slipway.cli.local.process import StepProcesses
from slipway.errors import PipelineError, RunInterruptedError

WAIT = "import time; time.sleep(600)"
LEAVE_A_CHILD = (
    f"import os, subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {WAIT!r}], start_new_session=True)"
)
RUNNER = """
import os, sys, threading
from pathlib import Path
from slipway.cli.local.process import StepProcesses

def run():
    StepProcesses().run([sys.executable, "-c", sys.argv[1]], dict(os.environ), Path(sys.argv[2]))

threading.Thread(target=run).start()
"""


def python(code):
    return [sys.executable, "-c", code]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "step.log"


def run(processes, code, log, **environment):
    return processes.run(python(code), {**os.environ, **environment}, log)


def wait_for(path):
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)
    return path.read_text()


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def writes(path, expression):
    """Code that writes a file so that it appears whole."""
    part = str(path) + ".part"
    return f"open({part!r}, 'w').write(str({expression})); os.rename({part!r}, {str(path)!r})"


def test_exit_code_and_output_come_back(log):
    code = "import os, sys; print('out'); print(os.environ['COLOUR'], file=sys.stderr); sys.exit(7)"
    assert run(StepProcesses(), code, log, COLOUR="blue") == 7
    assert set(log.read_text().split()) == {"out", "blue"}


def test_output_is_appended_for_a_second_attempt(log):
    for word in ("first", "second"):
        assert run(StepProcesses(), f"print('{word}')", log) == 0
    assert log.read_text().split() == ["first", "second"]


@pytest.mark.parametrize("number", [6, 9, 11, 15])
def test_death_by_a_signal_comes_back_as_such(log, number):
    assert run(StepProcesses(), f"import os; os.kill(os.getpid(), {number})", log) == -number


def test_step_cannot_read_the_terminal(log):
    assert run(StepProcesses(), "import sys; sys.exit(len(sys.stdin.read()))", log) == 0


def test_missing_program_is_told_in_the_log(log):
    assert StepProcesses().run(["/nowhere/program"], dict(os.environ), log) != 0
    assert "/nowhere/program" in log.read_text()


def test_too_long_a_command_says_how_to_shorten_it(log):
    with pytest.raises(PipelineError, match="128 KiB"):
        StepProcesses().run(["true", "x" * (1 << 18)], dict(os.environ), log)


def test_children_left_behind_are_ended_with_the_step(log, tmp_path):
    pid = tmp_path / "pid"
    assert run(StepProcesses(), f"{LEAVE_A_CHILD}; {writes(pid, 'p.pid')}", log) == 0
    assert not is_alive(int(pid.read_text()))


@pytest.mark.parametrize("order", ["stop", "kill"])
def test_stopped_steps_end_and_raise(log, tmp_path, order):
    processes, pid, raised = StepProcesses(), tmp_path / "pid", []

    def work():
        with pytest.raises(RunInterruptedError):
            run(processes, f"import os; {writes(pid, 'os.getpid()')}; {WAIT}", log)
        raised.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    step = int(wait_for(pid))
    getattr(processes, order)()
    thread.join()
    assert raised == [True]
    assert not is_alive(step)


def test_nothing_starts_after_a_stop(log):
    processes = StepProcesses()
    assert processes.stop() == 0
    with pytest.raises(RunInterruptedError, match="was not started"):
        run(processes, "print('ran')", log)
    assert log.read_text() == ""


def test_step_dies_with_the_runner(tmp_path):
    """The runner is a process of its own here, killed as `kill -9` does it."""
    pid = tmp_path / "pid"
    step = f"{LEAVE_A_CHILD}; {writes(pid, 'str(os.getpid()) + chr(32) + str(p.pid)')}; {WAIT}"
    with subprocess.Popen([*python(RUNNER), step, str(tmp_path / "log")]) as process:
        pids = [int(text) for text in wait_for(pid).split()]
        process.kill()
    deadline = time.monotonic() + 60
    while any(is_alive(one) for one in pids):
        assert time.monotonic() < deadline, "the step outlived its runner"
        time.sleep(0.02)


def test_step_dies_with_its_guard(log, tmp_path):
    pid, processes, codes = tmp_path / "pid", StepProcesses(), []
    code = f"import os; {writes(pid, 'str(os.getpid()) + chr(32) + str(os.getppid())')}; {WAIT}"
    thread = threading.Thread(target=lambda: codes.append(run(processes, code, log)))
    thread.start()
    step, its_guard = (int(text) for text in wait_for(pid).split())
    os.kill(its_guard, 9)
    thread.join()
    assert codes == [-9]
    deadline = time.monotonic() + 60
    while is_alive(step):
        assert time.monotonic() < deadline, "the step outlived its guard"
        time.sleep(0.02)


def test_guard_needs_nothing_but_the_standard_library():
    code = f"import runpy; runpy.run_path({str(guard.__file__)!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
    assert Path(guard.__file__).name == "guard.py"
