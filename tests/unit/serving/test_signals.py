"""How a process is told to end: each test has one of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

LOADING = """
import time
from serving.signals import exit_on_signals
exit_on_signals()
print("ready", flush=True)
time.sleep(60)
"""
SERVING = """
import asyncio
from serving.signals import stop_event
async def main():
    stopping = stop_event(asyncio.get_running_loop())
    print("ready", flush=True)
    await stopping.wait()
    print("stopping", flush=True)
    await asyncio.sleep({seconds})
    print("drained", flush=True)
asyncio.run(main())
"""
WATCHING = """
import signal, time
from serving.signals import exit_on_signals, stop_when_input_ends
exit_on_signals()
print("ready", flush=True)
stop_when_input_ends()
time.sleep(60)
"""


@contextmanager
def started(code: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_loading_ends_the_process(number: signal.Signals):
    with started(LOADING) as process:
        process.send_signal(number)

        assert process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_serving_lets_the_process_drain(number: signal.Signals):
    with started(SERVING.format(seconds=0.01)) as process:
        process.send_signal(number)

        assert process.stdout.read() == "stopping\ndrained\n"
        assert process.wait(20) == 0


def test_a_second_signal_ends_it_at_once():
    with started(SERVING.format(seconds=60)) as process:
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "stopping\n"
        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 0
        assert process.stdout.read() == ""


def test_the_end_of_the_input_ends_it():
    with started(WATCHING, stdin=subprocess.PIPE) as process:
        process.stdin.write("what a parent says does not matter")
        process.stdin.flush()
        time.sleep(0.05)
        assert process.poll() is None
        process.stdin.close()

        assert process.wait(20) == 0


def test_an_input_that_was_closed_before_ends_it():
    closing = "import os\nos.close(0)\n"
    with started(closing + WATCHING) as process:
        assert process.wait(20) == 0
