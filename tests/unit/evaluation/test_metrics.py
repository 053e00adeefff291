import numpy as np
import pytest
from sklearn import metrics as reference

from slipway.evaluation.metrics import expected_calibration_error, measure
from slipway.evaluation.predictions import Predictions
from slipway.task import TaskKind

RANDOM = np.random.default_rng(5)
TRUTH = (RANDOM.random(500) < 0.3).astype(np.float64)
SCORE = np.clip(TRUTH * 0.2 + RANDOM.random(500) * 0.7, 0, 1)


def test_classification_metrics_are_the_standard_ones() -> None:
    found = measure(TaskKind.CLASSIFICATION, Predictions(SCORE, TRUTH))
    assert found["roc_auc"] == pytest.approx(reference.roc_auc_score(TRUTH, SCORE))
    assert found["average_precision"] == pytest.approx(reference.average_precision_score(TRUTH, SCORE))
    assert found["brier"] == pytest.approx(reference.brier_score_loss(TRUTH, SCORE))
    assert found["log_loss"] == pytest.approx(reference.log_loss(TRUTH, SCORE))


def test_a_ranking_is_not_measured_on_one_class() -> None:
    found = measure(TaskKind.CLASSIFICATION, Predictions(SCORE[:50], np.zeros(50)))
    assert "roc_auc" not in found
    assert found["positive_share"] == 0


def test_calibration_error_by_hand() -> None:
    # Two bins: 0.25 said and 0.5 seen on four rows, 0.95 said and 1.0 seen on two.
    score = np.array([0.25, 0.25, 0.25, 0.25, 0.95, 0.95])
    truth = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0])
    assert expected_calibration_error(truth, score) == pytest.approx((4 * 0.25 + 2 * 0.05) / 6)


def test_certainty_falls_into_the_last_bin() -> None:
    assert expected_calibration_error(np.array([1.0]), np.array([1.0])) == 0


def test_regression_metrics_by_hand() -> None:
    found = measure(TaskKind.REGRESSION, Predictions(np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 4.0])))
    assert found["mean_absolute_error"] == pytest.approx(4 / 3)
    assert found["root_mean_squared_error"] == pytest.approx(np.sqrt(8 / 3))
    assert found["mean_error"] == 0
    assert found["r2"] == pytest.approx(1 - 8 / 6)


def test_r2_of_a_constant_target_is_left_out() -> None:
    assert "r2" not in measure(TaskKind.REGRESSION, Predictions(np.array([1.0, 2.0]), np.array([3.0, 3.0])))


def test_clustering_is_measured_in_the_given_space() -> None:
    space = np.array([[0.0], [0.1], [5.0], [5.1]])
    good = measure(TaskKind.CLUSTERING, Predictions(np.array([0.0, 0, 1, 1]), None), space)
    bad = measure(TaskKind.CLUSTERING, Predictions(np.array([0.0, 1, 0, 1]), None), space)
    assert good["silhouette"] > 0.9
    assert bad["silhouette"] < 0
    assert good["clusters"] == 2


def test_one_cluster_has_no_silhouette() -> None:
    found = measure(TaskKind.CLUSTERING, Predictions(np.zeros(4), None), np.arange(4.0).reshape(-1, 1))
    assert found == {"clusters": 1.0, "largest_share": 1.0}
