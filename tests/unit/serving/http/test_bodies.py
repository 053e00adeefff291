"""Bodies, by length and by chunks, whole and in pieces."""

from __future__ import annotations

import orjson
import pytest

from serving.http.limits import HttpLimits
from tests.support.raw_http import Client, Site
from tests.unit.serving.http.conftest import Open

CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"


def sized(body: bytes, *lines: bytes) -> bytes:
    head = [b"POST /echo HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def test_a_body_by_length(client: Client):
    body = bytes(range(256)) * 1000

    assert client.ask(sized(body)).body == body


def test_an_empty_body(client: Client):
    assert client.ask(sized(b"")).body == b""


def test_a_post_without_a_length_has_no_body(client: Client):
    """RFC 9112, 6.3, item 7."""
    assert client.ask(b"POST /echo HTTP/1.1\r\nHost: a\r\n\r\n" + GET).body == b""
    assert client.answer().body == b"now"


def test_a_body_in_chunks_with_extensions(client: Client):
    """RFC 9112, 7.1.1: extensions that are not known are ignored."""
    assert client.ask(CHUNKED + b'3;a=b\r\nabc\r\n00A;c="d;e"\r\n0123456789\r\n0\r\n\r\n').body == b"abc0123456789"


def test_trailers_are_no_headers_of_this_request_or_the_next(site: Site, client: Client):
    """RFC 9110, 6.5.1."""
    trailers = b"X-Request-Id: smuggled\r\nSlipway-Timeout-Ms: 0\r\nHost: b\r\n"
    client.send(CHUNKED + b"3\r\nabc\r\n0\r\n" + trailers + b"\r\n" + GET)

    for body in (b"abc", b"now"):
        answer = client.answer()
        assert (answer.status, answer.body) == (200, body)
        assert "x-request-id" not in answer.headers
    assert [set(exchange.headers) for exchange in site.asked] == [{b"host", b"transfer-encoding"}, {b"host"}]


@pytest.mark.parametrize("request_bytes", [sized(b"hello"), CHUNKED + b"5\r\nhello\r\n0\r\nA: b\r\n\r\n"])
def test_split_at_every_byte(site: Site, request_bytes: bytes):
    expected = site.feed(request_bytes)
    assert expected.endswith(b"hello")

    for at in range(1, len(request_bytes)):
        assert site.feed(request_bytes[:at], request_bytes[at:]) == expected
    assert site.feed(*(request_bytes[at : at + 1] for at in range(len(request_bytes)))) == expected


def test_a_client_that_expects_is_told_to_continue(site: Site, client: Client):
    """RFC 9110, 10.1.1."""
    client.send(sized(b"", b"Expect: 100-Continue").replace(b"Content-Length: 0", b"Content-Length: 5"))
    assert client.answer().status == 100
    assert not site.asked

    assert client.ask(b"hello").body == b"hello"


def test_no_continue_goes_before_an_earlier_answer(site: Site, client: Client):
    """RFC 9110, 15.2: a client would take it for one of the earlier request's."""
    client.send(b"GET /late/a HTTP/1.1\r\nHost: a\r\n\r\n" + sized(b"hello", b"Expect: 100-continue"))
    site.release("a")

    assert [client.answer().body for _ in range(2)] == [b"late", b"hello"]


def test_another_expectation_is_not_met(client: Client):
    """RFC 9110, 15.5.18."""
    assert client.ask(sized(b"hello", b"Expect: a-pony")).status == 417
    assert client.rest() == b""


def test_a_length_beyond_the_bound_is_refused_before_the_body(open_site: Open):
    client = open_site(HttpLimits(body_bytes=10)).client()
    client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n")
    answer = client.answer()

    assert (answer.status, answer.headers["connection"]) == (413, "close")
    message = orjson.loads(answer.body)["error"]
    assert "at most 10 bytes, got 9999999" in message
    assert client.rest() == b""


def test_the_bound_itself_is_taken(open_site: Open):
    client = open_site(HttpLimits(body_bytes=10)).client()

    assert client.ask(sized(b"0123456789")).body == b"0123456789"
    assert client.ask(CHUNKED + b"a\r\n0123456789\r\n0\r\n\r\n").body == b"0123456789"
    assert client.ask(sized(b"0123456789a")).status == 413


def test_chunks_beyond_the_bound_are_refused(open_site: Open):
    site = open_site(HttpLimits(body_bytes=10))
    client = site.client()

    assert client.ask(CHUNKED + b"6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n" + GET).status == 413
    assert client.rest() == b""
    assert not site.asked


def test_a_refused_client_that_goes_on_sending_reads_its_answer(open_site: Open):
    """RFC 9112, 9.6: closing at once would reset the connection, and the answer be lost."""
    site = open_site(HttpLimits(body_bytes=1000))
    client = site.client()
    client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(500):
        client.send(bytes(100_000))

    assert client.answer().status == 413
    assert client.rest() == b""


def test_a_refused_client_is_read_on_though_reading_was_paused(open_site: Open):
    site = open_site(HttpLimits(body_bytes=1000, pipelined=2))
    client = site.client()
    client.send(b"".join(b"GET /late/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(2)))
    client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
    site.release("1")
    site.release("0")
    for _ in range(90):
        client.send(bytes(100_000))

    assert [client.answer().status for _ in range(3)] == [200, 200, 413]


def test_a_refused_client_is_not_listened_to_for_ever(open_site: Open):
    site = open_site(HttpLimits(body_bytes=10))
    client = site.client()
    assert client.ask(CHUNKED + b"b\r\n0123456789a").status == 413
    site.sweep(0)
    assert len(site.connections) == 1

    site.sweep(3)
    site.wait_for_open(0)


@pytest.mark.parametrize(
    ("start", "more"), [(b"0\r\n", b"X: 1\r\n"), (b"0\r\nX: ", b"aaaaaa"), (b"1", b";a=bcd"), (b"1;a=", b"aaaaaa")]
)
def test_trailers_and_extensions_without_end_are_refused(open_site: Open, start: bytes, more: bytes):
    site = open_site(HttpLimits(body_bytes=1000))

    assert site.feed(CHUNKED + start, *[more] * 200).startswith(b"HTTP/1.1 413 ")
    assert not site.asked


def test_small_chunks_are_read(open_site: Open):
    site = open_site(HttpLimits(body_bytes=1000))

    assert site.feed(CHUNKED, *[b"1\r\na\r\n"] * 150, b"0\r\n\r\n").endswith(b"\r\n\r\n" + b"a" * 150)
