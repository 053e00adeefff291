"""Heads that come again: taken for what they said before, and never for anything else."""

import asyncio

import pytest

from serving.http.connections import Connections
from serving.http.exchange import JSON, head
from serving.http.known_heads import KnownHeads
from serving.http.limits import HttpLimits
from tests.support.memory_transport import MemoryTransport

HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
OK = head(200, JSON)


@pytest.fixture
def heads():
    return {}


@pytest.fixture
def connections(heads):
    """Answers every request with its body, and keeps what was parsed of it."""

    def dispatch(exchange):
        heads.setdefault(exchange.target, []).append((exchange.method, exchange.headers, bytes(exchange.body)))
        exchange.respond(200, OK, b'"%s"' % exchange.body)

    return Connections(dispatch, HttpLimits())


@pytest.fixture
def client(connections):
    loop = asyncio.new_event_loop()
    yield lambda: MemoryTransport(loop, connections())
    loop.close()


def bodies(transport):
    return [answer.partition(b"\r\n\r\n")[2] for answer in bytes(transport.written).split(b"HTTP/1.1 ")[1:]]


def test_a_head_that_comes_again_says_the_same_with_another_body(client, heads):
    for transport in (client(), client()):
        for body in (b"1111", b"2222", b"3333"):
            transport.feed(HEAD + b"\r\n" + body)
        assert bodies(transport) == [b'"1111"', b'"2222"', b'"3333"']
    assert {(method, tuple(headers.items())) for method, headers, _ in heads[b"/echo"]} == {
        (b"POST", ((b"host", b"x"), (b"content-length", b"4")))
    }


def test_the_parser_is_not_asked_about_a_known_head(client, connections):
    client().feed(HEAD + b"\r\n1111")
    transport = client()
    transport.protocol._parser = None
    transport.feed(HEAD + b"\r\n2222")
    assert bodies(transport) == [b'"2222"']


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"\r\n22", b"22"],
        [HEAD + b"\r\n2222" + HEAD + b"\r\n2222"],
        [HEAD + b"\r\n2222" + HEAD[:9], HEAD[9:] + b"\r\n2222"],
        [HEAD[:9], HEAD[9:] + b"\r\n2222"],
        [HEAD + b"X: y\r\n\r\n2222"],
        [b"\r\n" + HEAD + b"\r\n2222"],
        [HEAD + b"\r\n2222\r\n", HEAD + b"\r\n2222"],
    ],
    ids=["in two", "two in one", "one and a half", "head in two", "one more line", "line before", "line after"],
)
def test_whatever_comes_around_a_known_head_is_answered_as_ever(client, heads, pieces):
    client().feed(HEAD + b"\r\n1111")
    transport = client()
    for piece in pieces:
        transport.feed(piece)
    assert set(bodies(transport)) == {b'"2222"'}
    assert len(bodies(transport)) == b"".join(pieces).count(b"2222")


def test_a_known_head_inside_a_body_begins_no_request(client, heads):
    client().feed(HEAD + b"\r\n1111")
    transport = client()
    inner = HEAD + b"\r\n2222"
    transport.feed(b"POST /outer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(inner))
    transport.feed(inner)
    assert bodies(transport) == [b'"%s"' % inner]
    assert len(heads[b"/echo"]) == 1


def test_a_server_that_winds_down_closes_with_the_answer_to_a_known_head_too(client, connections):
    transport = client()
    transport.feed(HEAD + b"\r\n1111")
    connections.wind_down()
    transport.feed(HEAD + b"\r\n2222")
    assert b"connection: close" in transport.written
    assert transport.closing


@pytest.mark.parametrize(
    "line",
    [
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
        b"X-Request-Id: 7\r\n",
        b"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        b"X: " + b"y" * 4000 + b"\r\n",
    ],
    ids=["close", "expect", "id", "trace", "long"],
)
def test_what_asks_for_more_or_never_comes_again_is_not_kept(client, connections, line):
    request = HEAD + line + b"\r\n1111"
    client().feed(request)
    assert connections.known_heads.find(request) is None


def test_a_chunked_body_is_no_part_of_a_known_head(client, connections):
    request = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1111\r\n0\r\n\r\n"
    client().feed(request)
    assert connections.known_heads.find(request) is None


def test_no_more_heads_are_kept_than_fit(client, connections):
    requests = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(300)]
    transport = client()
    for request in requests:
        transport.feed(request)
    kept = [request for request in requests if connections.known_heads.find(request)]
    assert 0 < len(kept) <= 256
    assert requests[-1] in kept


def test_nothing_is_found_before_anything_was_learned():
    assert KnownHeads().find(HEAD + b"\r\n1111") is None
