from __future__ import annotations

import pytest
from pydantic import ValidationError

from slipway.errors import UsageError
from slipway.release.policy import GatePolicy


def test_defaults_state_a_five_per_cent_error_rate():
    policy = GatePolicy()
    assert (policy.error_rate, policy.minimum_improvement, policy.minimum_slice_rows) == (0.05, 0.0, 200)


def test_a_misspelt_rule_is_refused():
    with pytest.raises(ValidationError, match="error_rates"):
        GatePolicy(error_rates=0.01)


@pytest.mark.parametrize("change", [{"error_rate": 0.0}, {"slice_margin": -0.1}, {"latency_budget_ms": 0}])
def test_numbers_out_of_range_are_refused(change):
    with pytest.raises(ValidationError):
        GatePolicy(**change)


def test_resamples_too_few_for_the_error_rate_are_refused():
    with pytest.raises(UsageError, match="at least 10,000"):
        GatePolicy(error_rate=0.001)
    assert GatePolicy(error_rate=0.001, resamples=10_000).resamples == 10_000


def test_a_policy_cannot_be_changed_once_made():
    with pytest.raises(ValidationError, match="frozen"):
        GatePolicy().error_rate = 0.4
