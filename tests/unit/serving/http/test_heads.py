"""How long a request's head may be."""

from __future__ import annotations

import pytest

from serving.http.limits import HttpLimits
from tests.support.raw_http import Site
from tests.unit.serving.http.conftest import Open

LIMITS = HttpLimits(head_bytes=1000)
GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.fixture
def small(open_site: Open) -> Site:
    """A site that takes short heads only."""
    return open_site(LIMITS)


@pytest.mark.parametrize("size", [500, 100_000])
def test_a_long_target_is_refused(small: Site, size: int):
    """RFC 9110, 15.5.15."""
    request = b"GET /now?" + b"a" * 1001 + b" HTTP/1.1\r\nHost: a\r\n\r\n" + GET

    assert small.feed(*pieces(request, size)).startswith(b"HTTP/1.1 414 ")
    assert not small.asked


@pytest.mark.parametrize("size", [1, 7, 500, 100_000])
@pytest.mark.parametrize(
    "lines",
    [
        b"X: " + b"a" * 2000 + b"\r\n",
        b"X" * 2000 + b": a\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(200)),
        b"X: a\r\n" * 500,
    ],
    ids=["value", "name", "many", "repeated"],
)
def test_long_headers_are_refused(small: Site, lines: bytes, size: int):
    """RFC 6585, 5."""
    request = b"GET /now HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n" + GET

    assert small.feed(*pieces(request, size)).startswith(b"HTTP/1.1 431 ")
    assert not small.asked


@pytest.mark.parametrize("size", [500, 100_000])
def test_a_long_head_is_refused_before_it_ends(small: Site, size: int):
    start = b"GET /now HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5000

    assert small.feed(*pieces(start, size), b"a" * 1500).startswith(b"HTTP/1.1 431 ")


def test_a_client_with_a_long_head_is_not_told_to_continue(small: Site, caplog: pytest.LogCaptureFixture):
    lines = b"Expect: 100-continue\r\nContent-Length: 5\r\nX: " + b"a" * 2000
    answer = small.feed(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n\r\nhello")

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert not caplog.records


def test_many_requests_in_one_read_are_no_long_head(small: Site):
    """What comes before the last, unfinished head is none of it."""
    answers = small.feed(GET * 100 + GET[:10], GET[10:] + GET[:20], GET[20:])

    assert answers.count(b"HTTP/1.1 200 ") == 102


def test_a_long_body_before_a_head_is_none_of_it(small: Site):
    body = b"a" * 5000
    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + body

    assert small.feed(post[:3000], post[3000:] + GET[:10], GET[10:]).count(b"HTTP/1.1 200 ") == 2


def test_a_repeated_header_is_not_joined_without_end(open_site: Open):
    """Joining goes by the square of what is joined: one read of 200 kB would take a second."""
    site = open_site()

    assert site.feed(b"GET /now HTTP/1.1\r\nHost: a\r\n" + b"a:\r\n" * 50_000).startswith(b"HTTP/1.1 431 ")
