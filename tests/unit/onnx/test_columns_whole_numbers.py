"""Columns of whole numbers, which have no missing value to fall back on."""

import numpy as np
import pyarrow as pa
import pytest

from slipway.errors import InferenceError
from slipway.onnx.columns import tensors_from_table
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

SIGNATURE = ModelSignature(inputs=(TensorSpec(name="seats", datatype=Datatype.UINT8, shape=(-1, 1)),), outputs=())


def read(column):
    return tensors_from_table(pa.table({"seats": column}), SIGNATURE)["seats"]


@pytest.mark.parametrize("column", [pa.array([1, 255], pa.int64()), pa.array([1.0, 255.0], pa.float64())])
def test_values_that_fit_are_cast(column):
    np.testing.assert_array_equal(read(column), np.array([[1], [255]], np.uint8))


@pytest.mark.parametrize("value", [256, -1, 1.5, None])
def test_values_that_do_not_fit_are_refused_not_wrapped(value):
    with pytest.raises(InferenceError, match="seats"):
        read(pa.array([1, value]))
