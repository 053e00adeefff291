"""JSON as the RFC has it."""

import pytest

from serving.strict_json import read_json
from slipway.errors import InferenceError


def test_plain_json_is_read():
    assert read_json('{"é": [1, 2.5, null, true]}'.encode()) == {"é": [1, 2.5, None, True]}


@pytest.mark.parametrize(
    ("body", "expected", "got"),
    [
        (b"", "JSON", "Expecting value"),
        (b"{", "JSON", "Expecting property name"),
        (b"[1,]", "JSON", "value"),
        (b"[1] 2", "JSON", "Extra data"),
        (b"\xef\xbb\xbf[1]", "JSON", "BOM"),
        (b'"\xff"', "UTF-8", "0xff at position 1"),
        (b"\x1f\x8b\x08", "UTF-8", "0x8b at position 1"),
        ("[1]".encode("utf-16"), "UTF-8", "0xff at position 0"),
        (b"[NaN]", "numbers or null", "NaN"),
        (b"[Infinity]", "numbers or null", "Infinity"),
        (b"[-Infinity]", "numbers or null", "-Infinity"),
        (b'{"a": 1, "a": 2}', "each key once", "'a' twice"),
        (b'{"x": {"a": 1, "b": 2, "a": 3}}', "each key once", "'a' twice"),
        (b"[" * 100_000, "a few levels deep", "hundreds of levels"),
        (b'{"a":' * 100_000, "a few levels deep", "hundreds of levels"),
        (b"1" * 5000, "JSON", "digits"),
    ],
)
def test_what_is_no_json_is_refused_with_the_reason(body, expected, got):
    with pytest.raises(InferenceError) as caught:
        read_json(body)

    assert expected in caught.value.expected
    assert got in caught.value.got
