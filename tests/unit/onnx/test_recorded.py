"""Which answers count as the recorded one."""

import numpy as np
import pytest

from slipway.onnx.recorded import is_recorded_answer
from slipway.onnx.signature import Datatype

NAN, INFINITE = np.nan, np.inf


@pytest.mark.parametrize(
    ("recorded", "answer", "same"),
    [
        ([1.0, NAN], [1.00005, INFINITE], True),  # an infinity was recorded as null
        ([1.0], [1.01], False),
        ([1.0], [NAN], False),
        ([1.0], [[1.0]], False),
    ],
)
def test_floats_are_compared_within_the_tolerance(recorded, answer, same):
    arrays = [np.array(values, np.float32) for values in (recorded, answer)]
    assert is_recorded_answer(Datatype.FP32, *arrays) is same


def test_a_coarser_type_has_two_of_its_own_steps():
    assert is_recorded_answer(Datatype.FP16, np.array([1.0], np.float16), np.array([1.0015], np.float16))


@pytest.mark.parametrize(
    ("datatype", "recorded", "answer", "same"),
    [
        (Datatype.INT64, np.array([1]), np.array([1]), True),
        (Datatype.INT64, np.array([1]), np.array([2]), False),
        (Datatype.INT64, np.array([1]), np.array([1], np.int32), False),
        (Datatype.BYTES, np.array(["a"], object), np.array(["b"], object), False),
    ],
)
def test_everything_else_is_compared_exactly(datatype, recorded, answer, same):
    assert is_recorded_answer(datatype, recorded, answer) is same
