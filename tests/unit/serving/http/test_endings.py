"""How connections end: by the client, and by the server's own end."""

from __future__ import annotations

from serving.http.limits import HttpLimits
from tests.support.raw_http import LARGE, Client, Site
from tests.unit.serving.http.conftest import Open

GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"
LATE = b"GET /late/a HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"


def received(site: Site, count: int) -> None:
    """Wait until that many bytes of half a request were read."""
    site.wait_until(lambda: any(each._read_bytes == count for each in site.connections._open))


def test_a_half_closed_client_gets_its_answers(site: Site, client: Client):
    """RFC 9112, 9.6: it cannot send another request, but it reads."""
    client.send(LATE + b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    client.end_sending()
    site.release("a")

    assert client.answer().body == b"late"
    assert client.answer().body == LARGE
    assert client.rest() == b""
    site.wait_for_open(0)


def test_a_half_closed_client_waits_longer_than_half_a_request(site: Site, client: Client):
    """The half can never arrive whole: it is no reason to end before the answer."""
    client.send(LATE + POST[:-2])
    client.end_sending()
    site.wait_until(lambda: site.asked and site.asked[0].closes)
    site.sweep(1000)
    site.release("a")

    assert client.rest().count(b"HTTP/1.1 200 ") == 1


def test_a_refused_client_waits_longer_than_its_bad_request(site: Site, client: Client):
    client.send(LATE + b"GET /now HTTP/1.1\r\nbad header\r\n")
    site.wait_for_asked(1)
    site.wait_until(lambda: any(each._refusing for each in site.connections._open))
    site.sweep(1000)
    site.release("a")

    assert [client.answer().status for _ in range(2)] == [200, 400]


def test_a_refused_client_that_is_half_closed_is_closed(site: Site, client: Client):
    client.send(LATE + b"garbage\r\n\r\n")
    client.end_sending()
    site.wait_until(lambda: site.asked and not any(each._lingers for each in site.connections._open))
    site.release("a")

    assert client.rest().count(b"content-length: ") == 2
    site.wait_for_open(0)


def test_a_half_closed_client_with_nothing_asked_is_closed(site: Site, client: Client):
    client.end_sending()

    assert client.rest() == b""
    site.wait_for_open(0)


def test_a_client_that_is_gone_is_forgotten(site: Site, client: Client):
    client.send(LATE)
    site.wait_for_asked(1)
    assert not site.asked[0].gone
    client.socket.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER 0: it resets the connection
    client.close()
    site.wait_until(lambda: site.asked[0].gone)
    site.release("a")

    site.wait_for_open(0)


def test_draining_closes_idle_clients_at_once(site: Site, client: Client):
    client.ask(GET)
    fresh = site.client()
    site.wait_for_open(2)
    site.call(site.connections.drain)

    assert client.rest() == b""
    assert fresh.rest() == b""


def test_draining_answers_what_is_in_flight(site: Site, client: Client):
    client.send(LATE)
    site.wait_for_asked(1)
    site.call(site.connections.drain)
    client.send(GET)
    site.release("a")
    answer = client.answer()

    assert (answer.body, answer.headers["connection"]) == (b"late", "close")
    assert client.rest() == b""
    assert site.targets() == ["/late/a"]


def test_draining_finishes_a_half_arrived_head(site: Site, client: Client):
    client.send(GET[:10])
    received(site, 10)
    site.call(site.connections.drain)
    answer = client.ask(GET[10:] + GET)

    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert client.rest() == b""
    assert site.targets() == ["/now"]


def test_draining_finishes_a_half_arrived_body(site: Site, client: Client):
    client.send(POST[:-2])
    received(site, len(POST) - 2)
    site.call(site.connections.drain)
    answer = client.ask(POST[-2:])

    assert (answer.body, answer.headers["connection"]) == (b"hello", "close")
    assert client.rest() == b""


def test_draining_finishes_what_is_in_flight_and_half_arrived(site: Site, client: Client):
    client.send(LATE + GET[:10])
    received(site, len(LATE) + 10)
    site.call(site.connections.drain)
    client.send(GET[10:])
    site.release("a")

    assert "connection" not in client.answer().headers
    assert client.answer().headers["connection"] == "close"
    assert client.rest() == b""


def test_draining_lets_a_large_answer_out(site: Site):
    client = site.client(receive_buffer=4096)
    client.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    site.wait_for_asked(1)
    site.call(site.connections.drain)

    assert client.answer().body == LARGE
    assert client.rest() == b""


def test_draining_lets_held_requests_through(open_site: Open):
    site = open_site(HttpLimits(pipelined=2))
    client = site.client()
    client.send(b"".join(b"GET /late/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(4)))
    site.wait_for_asked(2)
    site.call(site.connections.drain)
    for number in range(4):
        site.release(str(number))

    assert ["connection" in client.answer().headers for _ in range(4)] == [False, False, False, True]
    assert client.rest() == b""


def test_winding_down_closes_with_the_next_answer(site: Site, client: Client):
    client.ask(GET)
    site.call(site.connections.wind_down)
    later = site.client()

    for one in (client, later):
        answer = one.ask(GET)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert one.rest() == b""


def test_a_client_accepted_after_draining_began_gets_one_answer(site: Site):
    site.call(site.connections.drain)
    client = site.client()

    assert client.ask(GET).headers["connection"] == "close"
    assert client.rest() == b""
