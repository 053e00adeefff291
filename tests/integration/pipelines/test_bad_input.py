"""What spoiled data do to a run: it stops at the right step, says why, and registers nothing."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from slipway.errors import ExitCode
from tests.support.tiny_line import TinyLine, trips


@pytest.fixture
def tiny(tmp_path: Path) -> TinyLine:
    return TinyLine(tmp_path / "project")


def changed_file(tiny: TinyLine) -> None:
    tiny.sha256 = "0" * 64


def wrong_column(tiny: TinyLine) -> None:
    tiny.query = 'SELECT id, "at", carrier, late, miles AS distance FROM trips'


def column_not_selected(tiny: TinyLine) -> None:
    tiny.query = 'SELECT id, "at", carrier, late FROM trips'


def empty_split(tiny: TinyLine) -> None:
    tiny.line["split"] = {
        "kind": "time",
        "column": "at",
        "validation_from": "2013-01-11",
        "test_from": "2014-01-01",
    }


def one_class(tiny: TinyLine) -> None:
    tiny.columns["late"] = np.zeros_like(tiny.columns["late"])


def infinities(tiny: TinyLine) -> None:
    tiny.columns["distance"] = np.where(np.arange(len(tiny.columns["id"])) < 500, np.inf, tiny.columns["distance"])


def missing_target(tiny: TinyLine) -> None:
    tiny.query = "SELECT * REPLACE (CASE WHEN id % 5 = 0 THEN NULL ELSE late END AS late) FROM trips"


def broken_expectation(tiny: TinyLine) -> None:
    check = {"in_range": {"min_value": -1, "max_value": 0.99}}
    tiny.expectations = {"tables": {"trips": {"distance": {"checks": check}}}}


def unknown_candidate(tiny: TinyLine) -> None:
    tiny.candidates = ["catboost"]


def repeated_key(tiny: TinyLine) -> None:
    tiny.query = "SELECT * REPLACE (id // 2 AS id) FROM trips"


@pytest.mark.parametrize(
    ("spoil", "step", "words"),
    [
        (changed_file, "collect_sources", ["not the file that was pinned", "0" * 64, "pin its digest"]),
        (broken_expectation, "validate_dataset", ["trips.distance: in_range(-1.0, 0.99)", "such as row"]),
        (wrong_column, "transform_dataset", ["miles", "tables trips"]),
        (repeated_key, "transform_dataset", ["does not name one row"]),
        (empty_split, "split_dataset", ["leaves test empty", "Move the boundaries"]),
        (column_not_selected, "search_candidate", ["lack column 'distance'"]),
        (one_class, "search_candidate", ["one class only", "rows of class 0"]),
        (infinities, "search_candidate", ["'distance' is infinite in"]),
        (missing_target, "search_candidate", ["'late' is missing or infinite in"]),
        (unknown_candidate, "search_candidate", ["'catboost' is not a candidate", "xgboost"]),
    ],
)
def test_spoiled_input_stops_the_run_with_a_cure(
    tiny: TinyLine, spoil: Callable[[TinyLine], None], step: str, words: list[str]
) -> None:
    spoil(tiny)
    answer = tiny.write().run()
    assert answer.returncode == ExitCode.BAD_DATA, answer.stderr
    assert step in answer.stderr
    for word in words:
        assert word in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tiny.home / "mlflow.db").exists()
    assert not list(tiny.home.rglob("*.partial-*"))


def test_a_missing_file_is_named(tiny: TinyLine) -> None:
    tiny.write()
    tiny.csv.unlink()
    answer = tiny.run()
    assert answer.returncode == ExitCode.BAD_DATA
    assert f"Source '{tiny.csv}' is missing" in answer.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB: less than the tiny line's artifacts."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_says_so_and_loses_nothing(tiny: TinyLine, small_disk: Path) -> None:
    tiny.columns = {name: np.tile(values, 10) for name, values in trips().items()}
    tiny.columns["id"] = np.arange(len(tiny.columns["id"]))
    tiny.write().environment["SLIPWAY_HOME"] = str(small_disk)
    answer = tiny.run()
    assert answer.returncode == ExitCode.FAILED, answer.stderr
    assert "disk is full" in answer.stderr
    assert "SLIPWAY_HOME" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not list(small_disk.rglob("*.partial-*"))
