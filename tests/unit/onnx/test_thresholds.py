import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slipway.onnx.thresholds import from_ranks, last_true, ranks

FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(arrays(np.float32, st.integers(1, 30), elements=FLOAT32))
def test_ranks_order_float32_numbers_as_they_are_ordered(values):
    assert (np.argsort(ranks(values), kind="stable") == np.argsort(values, kind="stable")).all()
    np.testing.assert_array_equal(from_ranks(ranks(values)), values)


@given(arrays(np.float32, st.integers(1, 30), elements=FLOAT32))
def test_neighbouring_ranks_are_neighbouring_numbers(values):
    with np.errstate(over="ignore"):
        beside = np.nextafter(values, np.float32(np.inf))
    finite = np.isfinite(beside)
    np.testing.assert_array_equal(from_ranks(ranks(values) + 1)[finite], beside[finite])


@given(arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e29, 1e29)))
def test_last_true_is_the_largest_float32_that_is_at_most_the_threshold(thresholds):
    last, changes = last_true(lambda values: values.astype(np.float64) <= thresholds, len(thresholds))
    assert changes.all()
    assert (last <= thresholds).all()
    assert (np.nextafter(last, np.float32(np.inf)).astype(np.float64) > thresholds).all()


def test_a_condition_that_never_changes_is_reported():
    thresholds = np.array([np.inf, 1.5, -np.inf])
    _, changes = last_true(lambda values: values.astype(np.float64) <= thresholds, 3)
    assert changes.tolist() == [False, True, False]


@given(st.floats(-100, 100), st.floats(-50, 50, width=32), st.floats(0.0078125, 128, width=32))
def test_last_true_inverts_a_scaler_to_the_last_bit(threshold, mean, scale):
    def goes_left(values):
        return (values - np.float32(mean)) / np.float32(scale) <= threshold

    last, changes = last_true(goes_left, 1)
    assert changes.all()
    assert goes_left(last).all()
    assert not goes_left(np.nextafter(last, np.float32(np.inf))).any()
