"""Tensors as JSON: nothing is lost, nothing is converted silently."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import FLOATS, tensor_json, values_from_json

SHAPES = arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


def tensors(datatype):
    if datatype is Datatype.BYTES:
        return arrays.arrays(object, SHAPES, elements=TEXTS)
    elements = {"allow_infinity": False} if datatype in FLOATS else {}
    return arrays.arrays(datatype.numpy, SHAPES, elements=arrays.from_dtype(datatype.numpy, **elements))


def nested(values):
    return (
        [None if isinstance(each, float) and math.isnan(each) else each for each in values.tolist()]
        if (values.ndim == 1)
        else [nested(row) for row in values]
    )


@pytest.mark.parametrize("datatype", Datatype)
@given(data=st.data())
def test_every_datatype_survives_the_way_through_json(datatype, data):
    values = data.draw(tensors(datatype))

    entry = json.loads(json.dumps(tensor_json("x", datatype, values), allow_nan=False))
    back = values_from_json("x", datatype, entry["shape"], entry["data"])

    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("datatype", Datatype)
@given(data=st.data())
def test_nested_values_read_like_flat_ones(datatype, data):
    values = data.draw(tensors(datatype))

    back = values_from_json("x", datatype, values.shape, json.loads(json.dumps(nested(values))))

    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("datatype", sorted(FLOATS))
def test_null_is_a_missing_number_both_ways(datatype):
    values = values_from_json("x", datatype, [2], [1.5, None])

    assert values[0] == 1.5
    assert np.isnan(values[1])
    assert tensor_json("x", datatype, values)["data"] == [1.5, None]


def test_an_infinite_answer_is_written_as_null():
    assert tensor_json("x", Datatype.FP32, np.array([np.inf, -np.inf, 1], np.float32))["data"] == [None, None, 1]


def test_a_scalar_shape_takes_one_value():
    assert values_from_json("x", Datatype.INT64, [], [7]).shape == ()


@pytest.mark.parametrize(
    ("datatype", "value", "got"),
    [
        (Datatype.FP32, "1.5", '"1.5" at position 1'),
        (Datatype.FP32, True, "true at position 1"),
        (Datatype.FP32, 1e39, "1e+39 at position 1"),
        (Datatype.FP16, 70000.0, "70000.0 at position 1"),
        (Datatype.FP64, float("inf"), "Infinity at position 1"),
        (Datatype.FP64, 10**400, "int too large"),
        (Datatype.INT64, 1.0, "1.0 at position 1"),
        (Datatype.INT64, True, "true at position 1"),
        (Datatype.INT64, None, "null at position 1"),
        (Datatype.INT64, 2**63, "too large"),
        (Datatype.INT8, 128, "128 out of bounds for int8"),
        (Datatype.UINT8, -1, "-1 out of bounds for uint8"),
        (Datatype.UINT64, 2**64, "too large"),
        (Datatype.BOOL, 1, "1 at position 1"),
        (Datatype.BYTES, 7, "7 at position 1"),
        (Datatype.BYTES, None, "null at position 1"),
        (Datatype.BYTES, "\ud800", "half of a surrogate pair"),
        (Datatype.BYTES, ["a"], "an array of 1 at position 1"),
        (Datatype.FP32, {}, "an object of 0 at position 1"),
    ],
)
def test_a_value_of_another_kind_or_out_of_range_is_refused(datatype, value, got):
    valid = {"BOOL": True, "BYTES": "a"}.get(datatype, 1)

    with pytest.raises(InferenceError) as caught:
        values_from_json("distance", datatype, [2], [valid, value])

    assert "'distance'" in str(caught.value)
    assert got in caught.value.got


@pytest.mark.parametrize(
    ("shape", "data", "expected"),
    [
        ([2], [1], "2 values for shape [2]"),
        ([2, 2], [1, 2, 3], "4 values for shape [2, 2]"),
        ([50000, 50000], [1], "a shape of at most 2147483647 values"),
        ([2**31], [1], "at most 64 dimensions of at most 2147483647"),
        ([10**4000] * 4000, [1], "at most 64 dimensions of at most 2147483647"),
        ([0, 1], [1], "0 values for shape [0, 1]"),
        ([0, 50000, 50000], [], "a shape of at most 2147483647 values"),
        ([1] * 65, [1], "at most 64 dimensions"),
        ([2, 2], [[1, 2], [3]], "nested arrays of shape [2, 2]"),
        ([2, 2], [[1, 2], 3], "nested arrays of shape [2, 2]"),
        ([3, 1], [[1], [2]], "3 rows, as its shape says"),
        ([2], [[1], [2]], "whole numbers (INT64)"),
        ([1], {"0": 1}, "'data' to be an array"),
        ([1], 1, "'data' to be an array"),
        ([1], None, "'data' to be an array"),
    ],
)
def test_values_that_do_not_fit_the_shape_are_refused(shape, data, expected):
    with pytest.raises(InferenceError) as caught:
        values_from_json("x", Datatype.INT64, shape, data)

    assert expected in caught.value.expected


def test_an_error_stays_short_however_long_the_value():
    with pytest.raises(InferenceError) as caught:
        values_from_json("n" * 5000, Datatype.INT64, [1], ["v" * 5000])

    assert len(str(caught.value)) < 500


def test_a_value_of_great_depth_is_described_not_walked():
    deep: list = []
    for _ in range(50_000):
        deep = [deep]

    with pytest.raises(InferenceError, match="an array of 1 at position 1"):
        values_from_json("x", Datatype.INT64, [2], [1, deep])
