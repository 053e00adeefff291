"""The harnesses of `make fuzz`, for a moment and always with the same data."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.seeds import SEEDS


@st.composite
def spoiled(draw, seeds):
    """A seed of which some bytes were replaced, cut out or doubled."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 8)))
        data[start:stop] = draw(st.one_of(st.binary(max_size=4), st.just(bytes(data[start:stop]) * 2)))
    return bytes(data)


@pytest.mark.parametrize("name", HARNESSES)
def test_every_harness_has_seeds_and_takes_them(name):
    assert SEEDS[name]
    for seed in SEEDS[name]:
        HARNESSES[name](seed)


@pytest.mark.parametrize("name", HARNESSES)
def test_no_data_puts_the_server_at_fault(name):
    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=300,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(spoiled(SEEDS[name]), st.binary(max_size=200)))
    def check(data):
        HARNESSES[name](data)

    check()
