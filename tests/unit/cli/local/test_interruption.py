import os
import signal
import sys
import threading
import time

import pytest

from slipway.cli.local.interruption import Interruption
from slipway.cli.local.process import StepProcesses
from slipway.errors import RunInterruptedError

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({!r}, 'w').close(); time.sleep(600)"
)


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def deaf_step(tmp_path):
    """A step that does not hear SIGTERM, running in a thread."""
    processes, mark, ended = StepProcesses(), tmp_path / "deaf", threading.Event()

    def work():
        with pytest.raises(RunInterruptedError):
            processes.run([sys.executable, "-c", DEAF.format(str(mark))], dict(os.environ), tmp_path / "log")
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(mark.exists)
    yield processes, ended
    processes.kill()
    thread.join()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_the_steps_and_raises_nothing_here(number):
    processes, told = StepProcesses(), []
    with Interruption(processes, told.append):
        os.kill(os.getpid(), number)
        wait_for(processes.stopping.is_set)
    assert told == [0]


def test_step_that_will_not_end_is_killed_after_the_grace(deaf_step):
    processes, ended = deaf_step
    with Interruption(processes, lambda _: None, grace_seconds=0.2):
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(60)


def test_second_signal_kills_without_waiting_for_the_grace(deaf_step):
    processes, ended = deaf_step
    told = threading.Event()
    with Interruption(processes, lambda _: told.set(), grace_seconds=3600):
        os.kill(os.getpid(), signal.SIGINT)
        assert told.wait(60)
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(60)


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    processes = StepProcesses()
    with Interruption(processes, lambda _: None):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    assert not processes.stopping.is_set()


def test_hang_up_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        processes = StepProcesses()
        with Interruption(processes, lambda _: None):
            os.kill(os.getpid(), signal.SIGHUP)
            assert not processes.stopping.wait(0.1)
    finally:
        signal.signal(signal.SIGHUP, before)
