from __future__ import annotations

import pytest

from slipway.release.policy import GatePolicy
from tests.support.gate_bundles import Law, classifier_bundle, held_out_rows

FEW_RESAMPLES = 399


@pytest.fixture(scope="session")
def rows():
    return held_out_rows()


@pytest.fixture(scope="session")
def policy():
    return GatePolicy(resamples=FEW_RESAMPLES, latency_requests=100, latency_budget_ms=10_000)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="session")
def truth(folder):
    """The model whose probabilities are the rows' own law."""
    return classifier_bundle(folder / "truth")


@pytest.fixture(scope="session")
def timid(folder):
    """A model that knows the direction but not the strength."""
    return classifier_bundle(folder / "timid", Law(slope=0.3))


@pytest.fixture(scope="session")
def unfair(folder):
    """Better than the timid model overall and for two carriers, worse for UA."""
    return classifier_bundle(folder / "unfair", Law(slope=1.0, offsets={"UA": 1.1}))
