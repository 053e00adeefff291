import json
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.evaluation.drift import DriftBaseline, stability_index
from slipway.evaluation.reference import drift_baseline
from slipway.records import read_record
from slipway.task import TaskKind, TaskSpec

TASK = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("x",), categorical=("c",))


def baseline_of(x: list, c: list) -> DriftBaseline:
    return drift_baseline(pa.table({"x": pa.array(x, pa.float32()), "c": pa.array(c, pa.string())}), TASK)


@given(values=st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60))
def test_numeric_shares_count_every_present_value_once(values: list) -> None:
    found = baseline_of(values, ["a"] * len(values)).features["x"]
    present = [value for value in values if value is not None]
    assert found.missing_share == pytest.approx(1 - len(present) / len(values))
    assert sum(found.shares) == pytest.approx(1.0 if present else 0.0)
    assert len(found.shares) == len(found.edges) + 1
    assert list(found.edges) == sorted(set(found.edges))


def test_numeric_shares_by_hand() -> None:
    found = baseline_of([1, 1, 1, 1, 2, 2, 2, 2, 3, 3], ["a"] * 10).features["x"]
    assert found.edges == (1.0, 2.0, 3.0)
    assert found.shares == pytest.approx((0.4, 0.4, 0.2, 0.0))


def test_categories_are_ranked_and_the_rest_pooled() -> None:
    names = [f"n{number:02d}" for number in range(60)]
    found = baseline_of([0.0] * 121, ["big"] * 60 + names + [None]).features["c"]
    assert found.categories[0] == "big"
    assert len(found.categories) == 50
    assert found.shares[0] == pytest.approx(0.5)
    assert found.other_share == pytest.approx(11 / 120)
    assert found.missing_share == pytest.approx(1 / 121)


def test_the_baseline_survives_its_file() -> None:
    found = baseline_of([1.0, None], ["a", None])
    assert read_record(DriftBaseline, json.loads(json.dumps(asdict(found)))) == found


def test_stability_index_is_zero_without_change_and_grows_with_it() -> None:
    assert stability_index((0.5, 0.5), (0.5, 0.5)) == 0
    assert stability_index((0.5, 0.5), (0.6, 0.4)) == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert np.isfinite(stability_index((1.0, 0.0), (0.0, 1.0)))
