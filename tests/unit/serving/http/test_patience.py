"""Clients that take their time."""

from __future__ import annotations

import pytest

from serving.http.limits import HttpLimits
from tests.support.raw_http import LARGE, Site
from tests.unit.serving.http.conftest import Open

LIMITS = HttpLimits(head_seconds=10, body_seconds=60, idle_seconds=120, write_seconds=30)
GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"


@pytest.fixture
def site(open_site: Open) -> Site:
    """A site whose limits the tests' seconds refer to."""
    return open_site(LIMITS)


def received(site: Site, count: int) -> None:
    """Wait until that many bytes of half a request were read."""
    site.wait_until(lambda: any(each._read_bytes == count for each in site.connections._open))


def test_a_slow_head_is_told_so(site: Site):
    """RFC 9110, 15.5.9."""
    client = site.client()
    client.send(GET[:10])
    received(site, 10)
    site.sweep(9)
    client.send(GET[10:11])
    received(site, 11)
    site.sweep(11)
    answer = client.answer()

    assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert client.rest() == b""
    assert not site.asked


def test_a_dribbled_body_is_told_so(site: Site):
    client = site.client()
    client.send(POST)
    received(site, len(POST))
    for count in range(1, 6):
        client.send(b"a")
        received(site, len(POST) + count)
        site.sweep(59)
    site.sweep(61)

    assert client.answer().status == 408
    assert client.rest() == b""
    assert not site.asked


def test_a_client_that_never_sends_is_closed(site: Site):
    client = site.client()
    site.wait_for_open(1)
    site.sweep(9)
    site.wait_for_open(1)
    site.sweep(11)

    assert client.rest() == b""


def test_an_idle_client_is_closed_in_silence(site: Site):
    client = site.client()
    client.ask(GET)
    site.sweep(119)
    assert client.ask(GET).status == 200

    site.sweep(121)
    assert client.rest() == b""


def test_a_client_that_waits_is_not_idle(site: Site):
    client = site.client()
    client.send(b"GET /late/a HTTP/1.1\r\nHost: a\r\n\r\n")
    site.wait_for_asked(1)
    site.sweep(1000)
    site.release("a")
    assert client.answer().status == 200

    site.sweep(1100)
    assert client.ask(GET).status == 200


def test_a_client_that_reads_nothing_is_aborted(site: Site):
    client = site.client(receive_buffer=4096)
    client.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
    site.wait_for_asked(1)
    site.sweep(0)
    site.sweep(29)
    assert len(site.connections) == 1

    site.sweep(31)
    site.wait_for_open(0)
    assert len(site.asked) < 10


def test_a_client_that_reads_slowly_is_not_aborted(site: Site):
    client = site.client(receive_buffer=4096)
    client.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    site.wait_for_asked(1)
    (connection,) = site.connections._open
    unread = connection._transport.get_write_buffer_size
    for step in range(1, 5):
        site.sweep(25 * step)
        before = site.call(unread)
        while site.call(unread) == before:
            client._receive()

    assert client.answer().body == LARGE


def test_a_closed_client_that_reads_nothing_is_aborted(site: Site):
    """Closing waits for what is written to be read: without end, unless somebody looks."""
    client = site.client(receive_buffer=4096)
    client.send(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    site.wait_for_asked(1)
    site.sweep(0)
    assert len(site.connections) == 1

    site.sweep(31)
    site.wait_for_open(0)
