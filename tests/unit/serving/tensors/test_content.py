"""Compressed bodies, and their bound."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import UnsupportedBodyError
from serving.tensors.content import decoded
from slipway.errors import InferenceError, RequestTooLargeError


@given(st.binary())
def test_bodies_are_read_in_every_coding(body):
    assert decoded(gzip.compress(body, mtime=0), b"gzip", 1000) == body
    assert decoded(bytearray(gzip.compress(body, mtime=0)), b" X-GZIP ", 1000) == body
    assert decoded(zlib.compress(body), b"Deflate", 1000) == body
    assert decoded(body, b"identity", 1000) == body


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_body_may_be_as_long_as_the_bound(size):
    assert decoded(gzip.compress(b"a" * size, mtime=0), b"gzip", size) == b"a" * size


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_a_body_longer_than_the_bound_is_refused(compress):
    coding = b"gzip" if compress is gzip.compress else b"deflate"
    for size in (1001, 10_000_000):
        with pytest.raises(RequestTooLargeError, match="at most 1000 bytes"):
            decoded(compress(b"a" * size), coding, 1000)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", "expected compressed data"),
        (b"", "a complete body"),
        (gzip.compress(b"a" * 100, mtime=0)[:-1], "a complete body"),
        (gzip.compress(b"a", mtime=0) + b"!", "one compressed body, got 1 more"),
        (gzip.compress(b"a", mtime=0)[:-8] + b"\0" * 8, "expected compressed data"),
    ],
)
def test_broken_bodies_are_refused(body, words):
    with pytest.raises(InferenceError, match=words):
        decoded(body, b"gzip", 1000)


@pytest.mark.parametrize("coding", [b"br", b"zstd", b"gzip, gzip", b"\xff" * 1000])
def test_other_codings_are_refused(coding):
    with pytest.raises(UnsupportedBodyError, match="expected gzip or deflate"):
        decoded(b"", coding, 1000)


@given(st.binary(), st.sampled_from([b"gzip", b"deflate"]))
def test_any_body_is_refused_never_worse(body, coding):
    with pytest.raises(InferenceError):
        decoded(body, coding, 1000)
