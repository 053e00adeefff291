"""Whatever comes, in whatever pieces: an answer or an end, and the same for the same bytes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from serving.http.limits import HttpLimits
from tests.support.raw_http import Site, site_on

LIMITS = HttpLimits(head_bytes=600, body_bytes=200, pipelined=2)
REQUESTS = [
    b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /names/b?c HTTP/1.1\r\nHost: a\r\nX-Request-Id: d\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT:\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi",
    b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
]
LAST = [
    b"",
    b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /now HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 201\r\n\r\n" + b"a" * 201,
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"garbage\r\n\r\n",
]
TEXT = "GET |POST |/now|/echo| HTTP/1.1| HTTP/1.0|\r\n|\n|\r\n\r\n|Content-Length: |9|:| |;|\0|CONNECT a:1"
LINES = "Host: a|Transfer-Encoding: chunked|Connection: close|Connection: upgrade|Upgrade: x|Expect: 100-continue"
WORDS = st.sampled_from(
    [word.encode() for word in TEXT.split("|")]
    + [line.encode() + b"\r\n" for line in [*LINES.split("|"), "0\r\n", "5\r\nhello"]]
    + [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"a" * 300, *REQUESTS, *LAST]
)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site for all examples; small bounds are reached sooner."""
    with site_on("uvloop", LIMITS) as opened:
        yield opened


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:stop] for start, stop in pairwise(edges)]


def exchanges(site: Site, parts: list[bytes]) -> tuple[bytes, list[tuple[bytes, ...]]]:
    site.asked.clear()
    answers = site.feed(*parts)
    return answers, [(each.method, each.target, bytes(each.body), *each.headers) for each in site.asked]


@given(
    requests=st.lists(st.sampled_from(REQUESTS), max_size=6),
    last=st.sampled_from(LAST),
    cuts=st.lists(st.integers(0, 2000), max_size=12),
)
def test_any_split_gives_the_same_exchanges(site: Site, requests: list[bytes], last: bytes, cuts: list[int]):
    data = b"".join(requests) + last

    assert exchanges(site, pieces(data, cuts)) == exchanges(site, [data] if data else [])
    assert len(site.asked) == len(requests) + ("close" in last.decode())


@settings(max_examples=300)
@given(
    words=st.lists(WORDS | st.binary(max_size=20), max_size=12), cuts=st.lists(st.integers(0, 4000), max_size=5)
)
@example(words=[b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" * 3], cuts=[])
def test_any_bytes_end_in_an_answer_or_an_end(site: Site, words: list[bytes], cuts: list[int]):
    failures: list[logging.LogRecord] = []
    watch = logging.Handler(logging.ERROR)
    watch.emit = failures.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(watch)
    try:
        answers, asked = exchanges(site, pieces(b"".join(words), cuts))  # which returns when the server closed
    finally:
        logging.getLogger().removeHandler(watch)

    assert not failures
    assert all(exchange.answer is not None for exchange in site.asked)
    assert not answers or answers.startswith(b"HTTP/1.1 ")
    assert answers.count(b"HTTP/1.1 ") >= len(asked)
    assert len(site.connections) == 0 or site.wait_for_open(0) is None
