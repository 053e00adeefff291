from __future__ import annotations

import numpy as np
import pytest

from slipway.release.contender import Contender
from slipway.release.held_out import HeldOut
from slipway.release.losses import row_losses
from slipway.release.slices import SliceComparison, compare_slices
from tests.support.gate_bundles import CLASSIFICATION


@pytest.fixture(scope="module")
def held_out(rows):
    return HeldOut.of(rows, CLASSIFICATION, minimum_blocks=10)


@pytest.fixture(scope="module")
def losses(truth, timid, unfair, held_out):
    return {
        name: row_losses(Contender.load("challenger", bundle), held_out)
        for name, bundle in (("truth", truth), ("timid", timid), ("unfair", unfair))
    }


def by_value(comparisons):
    return {comparison.value: comparison for comparison in comparisons}


def test_only_the_harmed_slice_is_found(losses, held_out, policy):
    found = by_value(compare_slices(losses["unfair"], losses["timid"], held_out, policy))
    assert {value for value, entry in found.items() if entry.worse} == {"UA"}
    assert found["UA"].change > 0.02
    assert found["AA"].change < 0


def test_means_and_counts_are_those_of_the_slice(losses, held_out, rows, policy):
    found = by_value(compare_slices(losses["truth"], losses["timid"], held_out, policy))
    chosen = np.array(rows.column("carrier").to_pylist()) == "DL"
    assert found["DL"].rows == chosen.sum()
    assert found["DL"].blocks == 60
    assert found["DL"].challenger_loss == pytest.approx(losses["truth"][chosen].mean())
    assert found["DL"].champion_loss == pytest.approx(losses["timid"][chosen].mean())


def test_harm_within_the_margin_is_tolerated(losses, held_out, policy):
    lenient = policy.model_copy(update={"slice_margin": 1.0})
    assert not any(entry.worse for entry in compare_slices(losses["unfair"], losses["timid"], held_out, lenient))


def test_a_slice_with_few_rows_is_shown_but_not_judged(losses, held_out, policy):
    strict = policy.model_copy(update={"minimum_slice_rows": 2_000})
    found = compare_slices(losses["unfair"], losses["timid"], held_out, strict)
    assert [entry.p_value for entry in found] == [None] * 3
    assert not any(entry.worse for entry in found)


def test_a_slice_of_few_blocks_is_not_judged(losses, rows, policy):
    task = CLASSIFICATION.model_copy(update={"slices": ("week",)})
    week = [f"week {int(day.split()[1]) // 7}" for day in rows.column("day").to_pylist()]
    held_out = HeldOut.of(rows.append_column("week", [week]), task, minimum_blocks=10)
    found = compare_slices(losses["timid"], losses["truth"], held_out, policy)
    assert {entry.blocks for entry in found} == {7, 4}
    assert all(entry.p_value is None for entry in found)


def test_a_task_without_slices_has_none(losses, rows, policy):
    held_out = HeldOut.of(rows, CLASSIFICATION.model_copy(update={"slices": ()}), minimum_blocks=10)
    assert compare_slices(losses["truth"], losses["timid"], held_out, policy) == ()


def test_identical_losses_harm_no_slice(losses, held_out, policy):
    found = compare_slices(losses["truth"], losses["truth"], held_out, policy)
    assert {entry.change for entry in found} == {0.0}
    assert not any(entry.worse for entry in found)


@pytest.mark.parametrize(("challenger", "expected"), [(0.0, 0.0), (0.5, float("inf"))])
def test_change_from_a_perfect_champion_is_none_or_infinite(challenger, expected):
    entry = SliceComparison(
        column="carrier",
        value="AA",
        rows=300,
        blocks=20,
        champion_loss=0.0,
        challenger_loss=challenger,
        p_value=0.5,
        worse=False,
    )
    assert entry.change == expected
