"""Inputs made for models that nobody gave an example of."""

import numpy as np
import pytest

from serving.inference.probe import differing_rows, made_inputs, rows_of
from tests.support.signatures import plan_of

DATATYPES = [
    *("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"),
    *("FP16", "BF16", "FP32", "FP64", "BYTES"),
]


@pytest.mark.parametrize("datatype", DATATYPES)
@pytest.mark.parametrize(
    ("shape", "made"), [((-1, 2), (3, 2)), ((-1,), (3,)), ((-1, -1), (3, 4)), ((2, 3), (2, 3)), ((), ())]
)
def test_inputs_fit_the_signature(datatype, shape, made):
    plan = plan_of([("x", datatype, shape)])
    values = np.asarray(made_inputs(plan, 3)["x"])
    assert values.shape == made
    assert values.dtype == plan.inputs["x"].dtype
    if datatype == "BYTES":
        assert all(isinstance(value, str) for value in values.ravel())


@pytest.mark.parametrize("datatype", DATATYPES)
@pytest.mark.parametrize("shape", [(-1, 2), (-1,)])
def test_rows_made_differ_from_the_next(datatype, shape):
    values = made_inputs(plan_of([("x", datatype, shape)]), 3)["x"]
    assert not np.array_equal(values[0], values[1])
    assert not np.array_equal(values[1], values[2])


def test_rows_are_repeated_or_cut():
    values = {"x": np.arange(3), "y": np.array(["a", "b", "c"], object)}
    assert rows_of(values, 5)["x"].tolist() == [0, 1, 2, 0, 1]
    assert rows_of(values, 2)["y"].tolist() == ["a", "b"]
    assert values["x"].tolist() == [0, 1, 2]


def test_an_example_whose_rows_differ_is_taken_as_it_is():
    plan = plan_of([("x", "FP32", (-1,)), ("name", "BYTES", (-1,))])
    example = {"x": np.float32([5, 6]), "name": np.array(["a", "b"], object)}
    rows = differing_rows(plan, example, 3)
    assert rows["x"].tolist() == [5, 6, 5]
    assert rows["name"].tolist() == ["a", "b", "a"]


@pytest.mark.parametrize("example", [[[7.0, 8.0]], [[7.0, 8.0], [7.0, 8.0]], [[np.nan, 1.0]]])
def test_rows_that_are_alike_are_replaced_by_others_of_their_shape(example):
    plan = plan_of([("x", "FP32", (-1, -1))])
    rows = differing_rows(plan, {"x": np.float32(example)}, 3)["x"]
    assert rows.shape == (3, 2)
    assert len(np.unique(rows, axis=0)) == 3
