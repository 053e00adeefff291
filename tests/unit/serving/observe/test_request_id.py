"""Request ids: what is repeated is fit for a header and a log."""

import pytest

from serving.observe.request_id import MOST_CHARACTERS, make_request_id, read_request_id


@pytest.mark.parametrize("value", [b"a", b"7f3c-01", b"a b", b"x" * MOST_CHARACTERS])
def test_a_printable_id_is_taken(value):
    assert read_request_id(value) == value.decode()


@pytest.mark.parametrize(
    "value", [None, b"", b"x" * (MOST_CHARACTERS + 1), b"a\nb", b"a\x00", b"a\x7f", "é".encode(), b"\xff"]
)
def test_an_unfit_id_is_not_repeated(value):
    assert read_request_id(value) is None


def test_made_ids_differ_and_are_fit():
    made = {make_request_id() for _ in range(100)}
    assert len(made) == 100
    assert all(read_request_id(each.encode()) == each for each in made)
