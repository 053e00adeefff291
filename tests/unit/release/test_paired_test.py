from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, t

from slipway.errors import GateError
from slipway.release.paired_test import family_p_values, paired_test
from slipway.release.resampling import BlockSums, block_sums, null_maxima, studentised

ERROR_RATE = 0.05
SIMULATIONS = 500
RESAMPLES = 399
BLOCKS = 50


def normal(generator, size):
    return generator.normal(size=size)


def heavy_tailed(generator, size):
    return generator.standard_t(3, size) / np.sqrt(3)


def skewed_for(generator, size):
    return (generator.lognormal(0, 1, size) - np.exp(0.5)) / 2.16


def equal_blocks(generator):
    return np.repeat(np.arange(BLOCKS), 20)


def unequal_blocks(generator):
    sizes = np.maximum(1, generator.lognormal(np.log(20), 0.8, BLOCKS).astype(int))
    return np.repeat(np.arange(BLOCKS), sizes)


def simulated(generator, blocks, noise, effect=0.0):
    """Differences of variance 1 of which a third is the block's, so rows of a block go together."""
    of_block = noise(generator, BLOCKS)[blocks] * np.sqrt(1 / 3)
    return effect + of_block + noise(generator, blocks.size) * np.sqrt(2 / 3)


def promoted_share(make_blocks, noise, effect=0.0, *, as_rows=False):
    promoted = 0
    for number in range(SIMULATIONS):
        generator = np.random.default_rng((1, number))
        blocks = make_blocks(generator)
        differences = simulated(generator, blocks, noise, effect)
        used = np.arange(blocks.size) if as_rows else blocks
        result = paired_test(differences, used, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=number)
        promoted += result.significant
    return promoted / SIMULATIONS


@pytest.mark.parametrize("make_blocks", [equal_blocks, unequal_blocks])
def test_a_model_that_is_no_better_is_promoted_at_the_error_rate(make_blocks):
    share = promoted_share(make_blocks, normal)
    least, largest = binom.ppf([0.001, 0.999], SIMULATIONS, ERROR_RATE) / SIMULATIONS
    assert least <= share <= largest


@pytest.mark.parametrize("noise", [heavy_tailed, skewed_for])
def test_no_more_are_promoted_when_losses_are_not_normal(noise):
    largest = binom.ppf(0.999, SIMULATIONS, ERROR_RATE) / SIMULATIONS
    assert promoted_share(unequal_blocks, noise) <= largest


def test_taking_dependent_rows_for_independent_breaks_the_error_rate(monkeypatch):
    monkeypatch.setattr(f"{__name__}.SIMULATIONS", 60)
    assert promoted_share(equal_blocks, normal, as_rows=True) > 4 * ERROR_RATE


def test_a_real_effect_is_found(monkeypatch):
    # The standard error of the mean over 50 blocks of 20 is about 0.086: the effect is 3.5 of it.
    monkeypatch.setattr(f"{__name__}.SIMULATIONS", 150)
    assert promoted_share(equal_blocks, normal, effect=0.3) > 0.9


def test_a_worse_model_is_never_promoted(monkeypatch):
    monkeypatch.setattr(f"{__name__}.SIMULATIONS", 150)
    assert promoted_share(equal_blocks, normal, effect=-0.3) == 0


def test_p_value_agrees_with_the_t_test_on_many_normal_blocks():
    generator = np.random.default_rng(5)
    differences = generator.normal(0.1, 1, 200)
    result = paired_test(differences, np.arange(200), error_rate=ERROR_RATE, resamples=20_000, seed=0)
    expected = t.sf(differences.mean() / (differences.std(ddof=1) / np.sqrt(200)), 199)
    assert result.p_value == pytest.approx(expected, abs=0.02)
    assert result.standard_error == pytest.approx(differences.std(ddof=1) / np.sqrt(200))


def test_lower_bound_is_above_zero_exactly_when_significant():
    outcomes = set()
    for number in range(60):
        generator = np.random.default_rng(number)
        blocks = equal_blocks(generator)
        differences = simulated(generator, blocks, normal, effect=0.15)
        result = paired_test(differences, blocks, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=0)
        assert result.significant == (result.lower_bound > 0)
        outcomes.add(result.significant)
    assert outcomes == {True, False}


def test_lower_bound_covers_the_true_effect_at_its_confidence():
    missed = 0
    for number in range(SIMULATIONS):
        generator = np.random.default_rng((2, number))
        blocks = unequal_blocks(generator)
        differences = simulated(generator, blocks, normal, effect=1.0)
        result = paired_test(differences, blocks, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=number)
        missed += result.lower_bound > 1.0
    assert missed <= binom.ppf(0.999, SIMULATIONS, ERROR_RATE)


def test_the_same_rows_and_seed_give_the_same_result():
    generator = np.random.default_rng(3)
    blocks = unequal_blocks(generator)
    differences = simulated(generator, blocks, normal)
    first, second = (
        paired_test(differences, blocks, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=9) for _ in range(2)
    )
    assert first == second
    other = paired_test(differences, blocks, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=10)
    assert other.p_value != first.p_value


def test_rows_may_come_in_any_order():
    generator = np.random.default_rng(4)
    blocks = equal_blocks(generator)
    differences = simulated(generator, blocks, normal)
    order = generator.permutation(blocks.size)
    kept, shuffled = (
        paired_test(values, codes, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=0)
        for values, codes in ((differences, blocks), (differences[order], blocks[order]))
    )
    assert shuffled.p_value == kept.p_value
    assert shuffled.lower_bound == pytest.approx(kept.lower_bound)


def test_identical_models_have_nothing_to_show():
    result = paired_test(np.zeros(100), np.arange(100), error_rate=ERROR_RATE, resamples=RESAMPLES, seed=0)
    assert (result.p_value, result.mean, result.lower_bound) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(("gain", "expected"), [(0.1, 1 / (RESAMPLES + 1)), (-0.1, 1.0)])
def test_a_gain_that_is_the_same_on_every_row_is_certain(gain, expected):
    blocks = np.repeat(np.arange(BLOCKS), 7)
    result = paired_test(np.full(blocks.size, gain), blocks, error_rate=ERROR_RATE, resamples=RESAMPLES, seed=0)
    assert result.p_value == pytest.approx(expected)
    assert result.lower_bound == pytest.approx(gain)


def test_one_block_cannot_be_tested():
    with pytest.raises(GateError, match="at least 2 independent blocks"):
        paired_test(np.ones(10), np.zeros(10, int), error_rate=ERROR_RATE, resamples=RESAMPLES, seed=0)


def test_four_blocks_cannot_reach_five_per_cent():
    result = paired_test(
        np.array([1.0, 1.1, 0.9, 1.05]), np.arange(4), error_rate=ERROR_RATE, resamples=RESAMPLES, seed=0
    )
    assert not result.significant


def test_studentised_mean_weighs_rows_not_blocks():
    values, blocks = np.array([1.0, 1.0, 1.0, 5.0]), np.array([0, 0, 0, 1])
    observed = studentised(block_sums(values, blocks, np.zeros(4, int), 1))
    assert observed.mean[0] == 2.0
    # residuals of the block sums: 3 - 3 * 2 and 5 - 2; CR1 factor 2; 4 rows
    assert observed.standard_error[0] == pytest.approx(np.sqrt(2 * (9 + 9)) / 4)


def families(generator, effect_in_last=0.0, count=30):
    blocks = np.repeat(np.arange(BLOCKS), 60)
    members = generator.integers(0, count, blocks.size)
    differences = simulated(generator, blocks, normal) + effect_in_last * (members == count - 1)
    return block_sums(differences, blocks, members, count)


def test_thirty_slices_raise_no_more_false_alarms_than_one():
    alarms = 0
    for number in range(SIMULATIONS // 3):
        sums = families(np.random.default_rng((3, number)))
        alarms += family_p_values(sums, resamples=RESAMPLES, seed=number).min() <= ERROR_RATE
    assert alarms <= binom.ppf(0.999, SIMULATIONS // 3, ERROR_RATE)


def test_the_slice_that_is_worse_is_the_one_found():
    p_values = family_p_values(families(np.random.default_rng(8), effect_in_last=1.0), resamples=999, seed=0)
    assert p_values[-1] <= 0.01
    assert p_values[:-1].min() > ERROR_RATE


@pytest.mark.parametrize("name", ["flipped", "drawn"])
def test_each_null_distribution_takes_the_largest_of_all_families(name):
    sums = families(np.random.default_rng(6))
    alone = BlockSums(sums=sums.sums[:, :1], rows=sums.rows[:, :1])
    together, single = (getattr(null_maxima(blocks, resamples=99, seed=0), name) for blocks in (sums, alone))
    assert (together >= single - 1e-9).all()
    assert np.median(together) > np.median(single) + 1
