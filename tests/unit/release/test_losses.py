from __future__ import annotations

import numpy as np
import pytest

from slipway.errors import GateError
from slipway.release.contender import Contender
from slipway.release.held_out import HeldOut
from slipway.release.losses import LOSSES, PROBABILITY_EPSILON, row_losses, trivial_losses
from slipway.task import TaskKind
from tests.support.gate_bundles import (
    CLASSIFICATION,
    CLUSTERING,
    REGRESSION,
    Law,
    classifier_bundle,
    clustering_bundle,
    gate_bundle,
    held_out_rows,
    regressor_bundle,
    score_model,
)


def held_out(task, rows=None):
    return HeldOut.of(held_out_rows() if rows is None else rows, task, minimum_blocks=10)


def challenger(bundle):
    return Contender.load("challenger", bundle)


def test_every_kind_of_task_has_a_loss():
    assert set(LOSSES) == set(TaskKind)


def test_log_loss_is_that_of_the_model_row_by_row(truth, rows):
    from sklearn.metrics import log_loss

    losses = row_losses(challenger(truth), held_out(CLASSIFICATION, rows))
    chance = 1 / (1 + np.exp(-rows.column("x").to_numpy().astype(np.float64)))
    late = rows.column("late").to_numpy()
    assert losses == pytest.approx(-np.log(np.where(late == 1, chance, 1 - chance)), rel=1e-4)
    assert losses.mean() == pytest.approx(log_loss(late, chance), rel=1e-5)


def test_a_certain_mistake_has_a_finite_loss(tmp_path, rows):
    reckless = classifier_bundle(tmp_path / "reckless", Law(slope=1000.0))
    losses = row_losses(challenger(reckless), held_out(CLASSIFICATION, rows))
    assert losses.max() == pytest.approx(-np.log(PROBABILITY_EPSILON))


def test_squared_error_is_in_squared_units(tmp_path, rows):
    half = regressor_bundle(tmp_path / "half", Law(slope=0.5))
    losses = row_losses(challenger(half), held_out(REGRESSION, rows))
    x, delay = (rows.column(name).to_numpy().astype(np.float64) for name in ("x", "delay"))
    assert losses == pytest.approx((0.5 * x - delay) ** 2, rel=1e-4, abs=1e-9)


def test_clusterings_of_different_k_are_judged_in_one_space(tmp_path, rows):
    judged = held_out(CLUSTERING, rows)
    two = row_losses(challenger(clustering_bundle(tmp_path / "two", (-2.0, 2.0))), judged)
    many = row_losses(challenger(clustering_bundle(tmp_path / "many", np.linspace(-3, 3, 9))), judged)
    assert two.min() >= 0
    assert two.max() <= 2
    assert two.mean() < many.mean() < 1


def test_the_trivial_classifier_answers_the_base_rate(rows):
    late = rows.column("late").to_numpy()
    rate = late.mean()
    expected = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    assert trivial_losses(held_out(CLASSIFICATION, rows), None).mean() == pytest.approx(expected)


def test_the_rate_in_training_is_never_harder_to_beat(rows):
    judged = held_out(CLASSIFICATION, rows)
    assert trivial_losses(judged, 0.3).mean() > trivial_losses(judged, None).mean()


def test_the_trivial_regressor_answers_the_mean(rows):
    judged = held_out(REGRESSION, rows)
    assert trivial_losses(judged, None).mean() == pytest.approx(judged.target.var())
    assert trivial_losses(judged, 2.0) == pytest.approx((judged.target - 2.0) ** 2)


def test_the_trivial_clustering_is_one_group(rows):
    assert (trivial_losses(held_out(CLUSTERING, rows), None) == 1.0).all()


def test_answers_that_are_nan_are_counted_and_their_model_named(tmp_path, rows):
    broken = regressor_bundle(tmp_path / "broken", Law(offsets={"UA": float("nan")}))
    count = rows.column("carrier").to_pylist().count("UA")
    message = f"champion {broken.digest[:19]} answers NaN or infinity on {count} of 3,000"
    with pytest.raises(GateError, match=message):
        row_losses(Contender.load("champion", broken), held_out(REGRESSION, rows))


def test_raw_scores_are_no_probabilities(tmp_path, rows):
    raw = gate_bundle(tmp_path / "raw", score_model("probabilities", columns=2), CLASSIFICATION)
    with pytest.raises(GateError, match="Export probabilities, not raw scores"):
        row_losses(challenger(raw), held_out(CLASSIFICATION, rows))


def test_an_output_of_the_wrong_width_is_refused(tmp_path, rows):
    narrow = gate_bundle(tmp_path / "narrow", score_model("probabilities", columns=1), CLASSIFICATION)
    with pytest.raises(GateError, match="expected 2 columns, got 1"):
        row_losses(challenger(narrow), held_out(CLASSIFICATION, rows))


def test_a_model_without_the_output_is_refused(tmp_path, rows):
    other = gate_bundle(tmp_path / "other", score_model("confidence", columns=1), CLASSIFICATION)
    with pytest.raises(GateError, match="gives no 'probabilities'"):
        row_losses(challenger(other), held_out(CLASSIFICATION, rows))
