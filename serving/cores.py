"""How many cores this process may use, which in a container are fewer than the machine has.

Source: Linux, "Control Group v2", cpu.max: quota and period in microseconds.
"""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def available_cores(cpu_max: Path = _CPU_MAX) -> int:
    """Return the cores of this process's affinity, or fewer by its container's quota; at least one."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = cpu_max.read_text(encoding="ascii").split()
        return min(cores, max(1, ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no control group, or "max"
        return cores
