"""Cores of this process, by its affinity and its container's quota."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving.cores import available_cores

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("content", "cores"),
    [
        ("max 100000\n", ALL),
        ("100000 100000\n", 1),
        ("150000 100000\n", min(2, ALL)),
        ("1000 100000\n", 1),
        (f"{ALL * 100_000 + 100_000} 100000\n", ALL),
        ("", ALL),
        ("nonsense", ALL),
    ],
)
def test_a_quota_is_rounded_up_to_cores(tmp_path: Path, content: str, cores: int):
    quota = tmp_path / "cpu.max"
    quota.write_text(content)

    assert available_cores(quota) == cores


def test_no_control_group_limits_nothing(tmp_path: Path):
    assert available_cores(tmp_path / "missing") == ALL
