from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from slipway.data.croissant import DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.split import PARTS, parse_split, split
from slipway.data.writer import write_dataset
from slipway.errors import SplitError

BY_TIME = {"kind": "time", "column": "at", "validation_from": "2013-03-01", "test_from": "2013-04-01"}
BY_HASH = {"kind": "hash", "column": "place", "validation_share": 0.2, "test_share": 0.3}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    days = [datetime(2013, 1, 1) + timedelta(days=day) for day in range(120)]
    places = [f"P{day % 40}" for day in range(120)]
    with write_dataset(tmp_path / "all", DatasetDescription(name="all"), step="test") as writer:
        writer.write("all", pa.table({"at": days, "place": places}))
    return Dataset.open(tmp_path / "all")


def parts_of(dataset: Dataset, rule: dict[str, Any], folder: Path, share: float = 1.0) -> dict[str, pa.Table]:
    split(dataset, parse_split(rule), {part: folder / part for part in PARTS}, share=share)
    return {part: Dataset.open(folder / part, verify=True).read() for part in PARTS}


def test_time_split_never_trains_on_the_future(dataset: Dataset, tmp_path: Path) -> None:
    parts = parts_of(dataset, BY_TIME, tmp_path)
    bounds = {part: (min(table["at"].to_pylist()), max(table["at"].to_pylist())) for part, table in parts.items()}
    assert bounds["train"][1] < bounds["validation"][0] == datetime(2013, 3, 1)
    assert bounds["validation"][1] < bounds["test"][0] == datetime(2013, 4, 1)
    assert sum(table.num_rows for table in parts.values()) == dataset.rows


def test_hash_split_keeps_a_key_in_one_part(dataset: Dataset, tmp_path: Path) -> None:
    places = [set(table["place"].to_pylist()) for table in parts_of(dataset, BY_HASH, tmp_path).values()]
    assert sum(map(len, places)) == 40
    assert len(set.union(*places)) == 40
    assert all(places)


def test_share_thins_every_part_evenly(dataset: Dataset, tmp_path: Path) -> None:
    whole = parts_of(dataset, BY_TIME, tmp_path / "whole")
    half = parts_of(dataset, BY_TIME, tmp_path / "half", share=0.5)
    for part in PARTS:
        assert half[part].num_rows == pytest.approx(whole[part].num_rows / 2, abs=2)


def test_an_empty_part_is_refused_and_nothing_is_left(dataset: Dataset, tmp_path: Path) -> None:
    rule = BY_TIME | {"test_from": "2014-01-01"}
    with pytest.raises(SplitError, match="leaves test empty"):
        parts_of(dataset, rule, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with write_dataset(tmp_path / "all", DatasetDescription(name="all"), step="test") as writer:
        writer.write("all", pa.table({"at": [datetime(2013, 1, 1), None]}))
    with pytest.raises(SplitError, match="'at' has 1 missing"):
        parts_of(Dataset.open(tmp_path / "all"), BY_TIME, tmp_path / "out")


@pytest.mark.parametrize(
    ("rule", "message"),
    [({"kind": "random"}, "kind|tag"), (BY_HASH | {"test_share": 2}, "test_share"), ({}, "kind|discriminator")],
)
def test_a_malformed_rule_says_where(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(SplitError, match=message):
        parse_split(rule)
