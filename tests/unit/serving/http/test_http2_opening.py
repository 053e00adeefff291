"""One port for two protocols: HTTP/2 begins with a preface of its own (RFC 9113, 3.4)."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.raw_http import Site
from tests.unit.serving.http.conftest import Open

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"


class Recorder(asyncio.Protocol):
    """Sends back in capitals what it received."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data.upper())


@pytest.fixture
def site(open_site: Open) -> Site:
    """A site that speaks something else after the preface."""
    return open_site(http2=Recorder)


def test_the_preface_is_handed_over_with_what_follows(site: Site):
    client = site.client()
    client.send(PREFACE + b"abc")
    expected = PREFACE + b"ABC"
    while len(client._read) < len(expected):
        client._receive()
    client.send(b"def")
    while len(client._read) < len(expected) + 3:
        client._receive()

    assert client._read == expected + b"DEF"
    assert len(site.connections) == 0


def test_a_preface_in_pieces_is_handed_over(site: Site):
    for at in range(1, len(PREFACE) - 6):  # the rest is HTTP/2's own
        client = site.client()
        client.socket.setsockopt(6, 1, 1)  # TCP_NODELAY
        client.send(PREFACE[:at])
        site.wait_for_open(1)
        client.send(PREFACE[at:])
        while len(client._read) < len(PREFACE):
            client._receive()

        assert client._read == PREFACE
        site.wait_for_open(0)


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PRI"])
def test_what_only_begins_like_the_preface_is_parsed(site: Site, method: bytes):
    request = method + b" /now HTTP/1.1\r\nHost: a\r\n\r\n"
    status = b"400" if method == b"PRI" else b"405"

    assert site.feed(*(request[at : at + 1] for at in range(len(request)))).startswith(b"HTTP/1.1 " + status)


def test_the_preface_later_is_no_preface(site: Site):
    """Otherwise a body could change the protocol under a proxy that knows nothing of it."""
    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(PREFACE)

    assert site.feed(post, PREFACE).endswith(PREFACE)
    assert site.feed(GET, PREFACE).count(b"HTTP/1.1 400 ") == 1
