import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slipway.onnx.answers import Answers
from slipway.onnx.certificate import Tolerance
from slipway.onnx.comparison import difference
from slipway.task import TaskKind

CLASSIFICATION, REGRESSION, CLUSTERING = TaskKind.CLASSIFICATION, TaskKind.REGRESSION, TaskKind.CLUSTERING


def regression(*scores):
    return Answers(np.array(scores, dtype=np.float64).reshape(-1, 1), None)


def classification(positive, label):
    return Answers(np.array([[1 - positive, positive]]), np.array([label]))


@given(arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 4)), elements=st.floats(-1e6, 1e6)))
def test_the_same_answers_do_not_differ(scores):
    found = difference(Answers(scores, None), Answers(scores, None), REGRESSION)
    summary = found.summary(Tolerance(), REGRESSION)
    assert (summary.max_absolute_error, summary.max_relative_error, summary.rows_beyond_tolerance) == (0, 0, 0)
    assert summary.label_agreement == 1


@given(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3))
def test_errors_are_absolute_and_relative_to_the_framework(score, error):
    found = difference(regression(score), regression(score + error), REGRESSION)
    assert found.absolute[0] == abs((score + error) - score)
    assert found.relative[0] == pytest.approx(found.absolute[0] / max(1, abs(score)))


def test_a_prediction_is_held_to_the_relative_tolerance():
    found = difference(regression(1000.0, 1001.0), regression(1000.5, 1003.0), REGRESSION)
    assert found.beyond(Tolerance(absolute=1e-4, relative=1e-3), REGRESSION).tolist() == [False, True]


def test_a_prediction_near_zero_errs_by_the_size_of_its_kind():
    found = difference(regression(0.0, 2000.0), regression(0.5, 2000.0), REGRESSION)
    assert found.relative.tolist() == [0.5 / 1000, 0.0]
    assert found.absolute.tolist() == [0.5, 0.0]


def test_a_probability_is_held_to_the_absolute_tolerance():
    found = difference(classification(0.7, 1), classification(0.7005, 1), CLASSIFICATION)
    assert found.beyond(Tolerance(absolute=1e-4, relative=1e-3), CLASSIFICATION).tolist() == [True]
    assert found.beyond(Tolerance(absolute=1e-3, relative=1e-3), CLASSIFICATION).tolist() == [False]


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("both", [True, False])
def test_a_score_that_is_no_finite_number_is_beyond_every_tolerance(strange, both):
    found = difference(regression(1.0, strange if both else 2.0), regression(1.0, strange), REGRESSION)
    assert found.is_finite.tolist() == [True, False]
    assert found.beyond(Tolerance(absolute=1e9, relative=1e9), REGRESSION).tolist() == [False, True]
    assert found.summary(Tolerance(), REGRESSION).max_absolute_error == 0


def test_scores_of_another_width_are_beyond_every_tolerance():
    found = difference(
        Answers(np.ones((2, 3)), np.array([0, 0])), Answers(np.ones((2, 4)), np.array([0, 0])), CLUSTERING
    )
    assert found.summary(Tolerance(), CLUSTERING).rows_beyond_tolerance == 2


def test_labels_that_differ_disagree():
    found = difference(classification(0.7, 1), classification(0.7, 0), CLASSIFICATION)
    assert found.summary(Tolerance(), CLASSIFICATION).label_agreement == 0


def test_either_label_is_right_where_rounding_decides():
    found = difference(classification(0.5 + 1e-9, 1), classification(0.5, 0), CLASSIFICATION)
    assert found.agrees.tolist() == [True]


def test_an_exact_tie_must_be_broken_the_same_way():
    found = difference(classification(0.5, 0), classification(0.5, 1), CLASSIFICATION)
    assert found.agrees.tolist() == [False]


def test_the_nearest_two_clusters_decide_a_tie_of_distances():
    near = Answers(np.array([[2.0, 2.0 + 1e-9, 9.0], [2.0, 8.0, 8.0]]), np.array([0, 0]))
    other = Answers(near.scores, np.array([1, 1]))
    assert difference(near, other, CLUSTERING).agrees.tolist() == [True, False]


def test_a_single_cluster_has_no_ties():
    only = Answers(np.array([[2.0]]), np.array([0]))
    assert difference(only, only, CLUSTERING).agrees.tolist() == [True]
