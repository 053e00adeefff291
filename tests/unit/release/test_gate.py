from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from slipway.bundle.bundle import Bundle
from slipway.errors import ExitCode, GateError
from slipway.release.gate import judge
from slipway.release.verdict import Decision
from tests.support.gate_bundles import (
    CLASSIFICATION,
    Law,
    classifier_bundle,
    clustering_bundle,
    held_out_rows,
    regressor_bundle,
)

RULE_NAMES = [
    "parity passed",
    "beats the trivial model",
    "model size within budget",
    "latency within budget",
    "fits the champion's callers",
    "better than the champion",
    "no slice worse than the margin",
]


def failed(verdict):
    return {result.name: result.detail for result in verdict.rules if not result.passed}


def rule(verdict, name):
    return next(result for result in verdict.rules if result.name == name)


def test_the_first_model_is_promoted_when_it_beats_the_trivial_one(truth, rows, policy):
    verdict = judge(truth, None, rows, policy)
    assert verdict.decision is Decision.PROMOTE
    assert [result.name for result in verdict.rules] == RULE_NAMES
    assert rule(verdict, "better than the champion").detail.startswith("There is no champion yet")


def test_a_better_challenger_is_promoted(truth, timid, rows, policy):
    verdict = judge(truth, timid, rows, policy)
    assert verdict.decision is Decision.PROMOTE
    assert (verdict.challenger_digest, verdict.champion_digest) == (truth.digest, timid.digest)
    numbers = rule(verdict, "better than the champion").numbers
    assert numbers["gain_lower_bound"] > 0
    assert numbers["improvement"] == pytest.approx(numbers["champion_loss"] - numbers["challenger_loss"])


def test_a_worse_challenger_is_held_with_both_losses_in_words(truth, timid, rows, policy):
    verdict = judge(timid, truth, rows, policy)
    assert verdict.decision is Decision.HOLD
    numbers = rule(verdict, "better than the champion").numbers
    words = failed(verdict)["better than the champion"]
    assert f"Mean log loss {numbers['challenger_loss']:.4f} is not shown to be below" in words
    assert f"the champion's {numbers['champion_loss']:.4f}" in words
    assert "over 60 blocks of `day`" in words


def test_the_champion_itself_changes_nothing(truth, rows, policy):
    verdict = judge(truth, Bundle.open(truth.path), rows, policy)
    assert verdict.decision is Decision.UNCHANGED
    assert verdict.rules == ()
    verdict.require_not_refused()


def test_the_same_model_in_another_bundle_is_held(truth, tmp_path, rows, policy):
    again = classifier_bundle(tmp_path / "again", code_revision="def")
    assert again.digest != truth.digest
    verdict = judge(again, truth, rows, policy)
    assert verdict.decision is Decision.HOLD
    assert list(failed(verdict)) == ["better than the champion"]
    assert "nothing is gained" in failed(verdict)["better than the champion"]


def test_failed_parity_is_refused(tmp_path, rows, policy):
    verdict = judge(classifier_bundle(tmp_path / "off", passed=False), None, rows, policy)
    assert verdict.decision is Decision.REFUSE
    assert failed(verdict) == {
        "parity passed": "onnxruntime 1.32.0 does not answer like scikit-learn 1.9.1: 2 of 40 labels differ."
    }
    with pytest.raises(GateError, match="2 of 40 labels differ") as caught:
        verdict.require_not_refused()
    assert caught.value.exit_code is ExitCode.REFUSED


def test_a_model_that_knows_nothing_is_refused(tmp_path, rows, policy):
    verdict = judge(classifier_bundle(tmp_path / "blind", Law(slope=0.0)), None, rows, policy)
    assert verdict.decision is Decision.REFUSE
    assert "is not shown to be below" in failed(verdict)["beats the trivial model"]
    assert "of the base rate" in failed(verdict)["beats the trivial model"]


def test_a_refusal_outweighs_a_hold(timid, tmp_path, rows, policy):
    verdict = judge(classifier_bundle(tmp_path / "blind", Law(slope=0.0)), timid, rows, policy)
    assert verdict.decision is Decision.REFUSE
    assert verdict.failed_rules[0].name == "beats the trivial model"
    assert len(verdict.failed_rules) > 1


def test_a_model_over_its_size_budget_is_refused(truth, rows, policy):
    verdict = judge(truth, None, rows, policy.model_copy(update={"model_size_budget_mb": 1e-6}))
    assert verdict.decision is Decision.REFUSE
    size = truth.model_size_bytes / 1e6
    assert failed(verdict) == {
        "model size within budget": f"The model takes {size:.3g} MB of a budget of 1e-06 MB."
    }


def test_a_model_over_its_latency_budget_is_refused(truth, rows, policy):
    verdict = judge(truth, None, rows, policy.model_copy(update={"latency_budget_ms": 1e-9}))
    assert verdict.decision is Decision.REFUSE
    assert list(failed(verdict)) == ["latency within budget"]
    numbers = rule(verdict, "latency within budget").numbers
    assert 0 < numbers["p50_ms"] <= numbers["p99_ms"]


def test_an_improvement_short_of_what_is_asked_is_held(truth, timid, rows, policy):
    verdict = judge(truth, timid, rows, policy.model_copy(update={"minimum_improvement": 0.5}))
    assert verdict.decision is Decision.HOLD
    assert "less the 50.0% asked for" in failed(verdict)["better than the champion"]


def test_harm_to_one_slice_holds_a_model_that_is_better_overall(timid, unfair, rows, policy):
    verdict = judge(unfair, timid, rows, policy)
    assert verdict.decision is Decision.HOLD
    assert list(failed(verdict)) == ["no slice worse than the margin"]
    words = failed(verdict)["no slice worse than the margin"]
    assert words.startswith("1 slice is shown to be worse by more than 2.0%: carrier = UA (+")
    assert "3 of 3 slices were tested together" in words


def test_slices_left_unjudged_are_counted(truth, timid, rows, policy):
    verdict = judge(truth, timid, rows, policy.model_copy(update={"minimum_slice_rows": 2_000}))
    assert "0 of 3 slices were tested" in rule(verdict, "no slice worse than the margin").detail
    assert (
        "3 are too small (below 2000 rows or 10 blocks)" in rule(verdict, "no slice worse than the margin").detail
    )


def test_a_champion_that_needs_other_columns_is_held(truth, tmp_path, policy, rows):
    champion = classifier_bundle(tmp_path / "wind", Law(feature="wind"))
    verdict = judge(truth, champion, rows, policy)
    assert verdict.decision is Decision.HOLD
    obstacle = "the held-out rows lack the champion's input wind"
    assert failed(verdict) == {
        "fits the champion's callers": f"The two cannot be compared: {obstacle}.",
        "better than the champion": f"Not tested: {obstacle}.",
        "no slice worse than the margin": f"Not tested: {obstacle}.",
    }


def test_a_challenger_that_breaks_callers_is_held_though_it_is_better(tmp_path, truth, timid, rows, policy):
    renamed = classifier_bundle(tmp_path / "renamed", Law(feature="wind"))
    with_both = rows.append_column("wind", rows.column("x"))
    verdict = judge(renamed, timid, with_both, policy)
    assert verdict.decision is Decision.HOLD
    assert failed(verdict) == {
        "fits the champion's callers": "The champion's callers would break: input wind is new; input x is gone."
    }


def test_a_champion_of_another_task_is_held(truth, tmp_path, rows, policy):
    verdict = judge(truth, regressor_bundle(tmp_path / "minutes"), rows, policy)
    assert verdict.decision is Decision.HOLD
    words = failed(verdict)["fits the champion's callers"]
    assert "the champion's task is regression of `delay`, not classification of `late`" in words


def test_regressors_are_judged_by_squared_error(tmp_path, rows, policy):
    good = regressor_bundle(tmp_path / "good")
    poor = regressor_bundle(tmp_path / "poor", Law(slope=0.8))
    assert judge(good, poor, rows, policy).decision is Decision.PROMOTE
    verdict = judge(poor, good, rows, policy)
    assert verdict.decision is Decision.HOLD
    assert "Mean squared error" in verdict.summary


def test_clusterings_of_different_k_can_replace_one_another(tmp_path, policy):
    rows = held_out_rows()
    generator = np.random.default_rng(2)
    three = (generator.choice([-4.0, 0.0, 4.0], rows.num_rows) + generator.normal(0, 0.4, rows.num_rows)).astype(
        "f4"
    )
    rows = rows.set_column(0, "x", pa.array(three))
    right = clustering_bundle(tmp_path / "three", (-4.0, 0.0, 4.0))
    wrong = clustering_bundle(tmp_path / "six", (-4.4, -3.6, -0.4, 0.4, 3.6, 4.4))
    assert judge(right, wrong, rows, policy).decision is Decision.PROMOTE
    assert judge(wrong, right, rows, policy).decision is Decision.HOLD


def test_one_group_for_all_is_refused(tmp_path, rows, policy):
    verdict = judge(clustering_bundle(tmp_path / "one", (0.0,)), None, rows, policy)
    assert verdict.decision is Decision.REFUSE
    assert "of one group" in failed(verdict)["beats the trivial model"]


def test_the_same_case_gets_the_same_verdict(unfair, timid, rows, policy):
    first, second = (judge(unfair, timid, rows, policy) for _ in range(2))
    timed = "latency within budget"
    assert [rule for rule in first.rules if rule.name != timed] == [
        rule for rule in second.rules if rule.name != timed
    ]
    assert first.slices == second.slices
    assert first.decision is second.decision


def test_rows_that_no_model_can_be_judged_on_raise(truth, rows, policy):
    with pytest.raises(GateError, match="no held-out rows"):
        judge(truth, None, rows.slice(0, 0), policy)


def test_missing_features_raise_and_name_the_challenger(truth, rows, policy):
    with pytest.raises(GateError, match=f"challenger {truth.digest[:19]} cannot answer .*lack 1 of the model's"):
        judge(truth, None, rows.drop_columns(["x"]), policy)


def test_a_champion_that_answers_nan_raises(truth, tmp_path, rows, policy):
    broken = classifier_bundle(tmp_path / "broken", Law(offsets={"UA": float("nan")}))
    with pytest.raises(GateError, match=f"champion {broken.digest[:19]} answers NaN"):
        judge(truth, broken, rows, policy)


def test_a_champion_damaged_after_it_was_opened_is_named(truth, tmp_path, rows, policy):
    champion = classifier_bundle(tmp_path / "champion", Law(slope=0.5))
    with champion.model_path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(GateError, match=f"champion {champion.digest[:19]} is damaged.*model.onnx has changed"):
        judge(truth, champion, rows, policy)


def test_the_training_base_rate_is_the_trivial_answer_when_given(truth, rows, policy):
    given = judge(truth, None, rows, policy, training_mean=0.2)
    unknown = judge(truth, None, rows, policy)
    losses = [rule(verdict, "beats the trivial model").numbers["trivial_loss"] for verdict in (given, unknown)]
    late = rows.column("late").to_numpy().mean()
    assert losses[0] == pytest.approx(-(late * np.log(0.2) + (1 - late) * np.log(0.8)))
    assert losses[0] > losses[1]


def test_slices_and_blocks_are_those_of_the_challengers_task(truth, timid, rows, policy):
    verdict = judge(truth, timid, rows, policy)
    assert {entry.column for entry in verdict.slices} == set(CLASSIFICATION.slices)
    assert verdict.blocks == "60 blocks of `day`"
