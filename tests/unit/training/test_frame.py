import numpy as np
import pyarrow as pa
import pytest

from slipway.errors import TrainingError
from slipway.task import TaskKind, TaskSpec
from slipway.training.frame import features_frame, target_array

TASK = TaskSpec(kind=TaskKind.CLASSIFICATION, target="late", numeric=("distance",), categorical=("carrier",))
ROWS = pa.table({"carrier": ["AA", None], "late": [0, 1], "distance": [1.5, None], "extra": [1, 2]})


def with_column(name: str, values: list) -> pa.Table:
    return ROWS.set_column(ROWS.column_names.index(name), name, pa.array(values))


def test_features_come_in_the_order_of_the_inputs() -> None:
    frame = features_frame(ROWS, TASK)
    assert list(frame.columns) == ["distance", "carrier"]
    assert frame["distance"].dtype == np.float32
    assert np.isnan(frame["distance"][1])
    assert list(frame["carrier"]) == ["AA", ""]


def test_an_infinite_feature_is_refused_with_its_count() -> None:
    with pytest.raises(TrainingError, match=r"'distance' is infinite in 1 of 2 rows"):
        features_frame(with_column("distance", [float("inf"), 1.0]), TASK)


def test_a_feature_that_is_no_number_is_refused() -> None:
    with pytest.raises(TrainingError, match="'distance' is not a number"):
        features_frame(with_column("distance", ["far", "near"]), TASK)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TrainingError, match="lack column 'carrier'"):
        features_frame(ROWS.drop_columns(["carrier"]), TASK)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 1], "one class only.*2 rows of class 1"),
        ([0, 2], "is not a class.*0, 2"),
        ([0, None], "missing or infinite in 1 of 2 rows"),
        ([0.0, float("nan")], "missing or infinite in 1 of 2 rows"),
        ([], "one class only.*no rows"),
    ],
)
def test_an_unusable_target_says_why(values: list, message: str) -> None:
    rows = pa.table({"late": pa.array(values, pa.float64())})
    with pytest.raises(TrainingError, match=message):
        target_array(rows, TASK)


def test_clustering_has_no_target() -> None:
    assert target_array(ROWS, TaskSpec(kind=TaskKind.CLUSTERING, numeric=("distance",))) is None
