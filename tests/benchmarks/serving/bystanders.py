"""What else the machine does while a measurement runs: a shared one disturbs it without a word."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil

from tests.benchmarks.serving.servers import Running


class Bystanders:
    """A watch over the processor time of everything but the benchmark and the server that it measures."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._started = time.monotonic()
        self._before = self._seconds()

    def cores(self) -> float:
        """Cores that others kept busy since the start, the time that the hypervisor took included."""
        return max(0.0, (self._seconds() - self._before) / (time.monotonic() - self._started))

    def _seconds(self) -> float:
        machine = psutil.cpu_times()
        busy = machine.user + machine.nice + machine.system + machine.irq + machine.softirq + machine.steal
        mine = os.times()  # load generators are children that have ended, and are waited for
        own = mine.user + mine.system + mine.children_user + mine.children_system
        return float(busy - own - self._server_seconds())

    def _server_seconds(self) -> float:
        total = 0.0
        for process in self._server.family():
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total
