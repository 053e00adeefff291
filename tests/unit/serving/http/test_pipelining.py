"""Several requests on their way at once: answers leave in the order of the requests (RFC 9112, 9.3.2)."""

from __future__ import annotations

from serving.http.limits import HttpLimits
from tests.support.raw_http import LARGE, Client, Site
from tests.unit.serving.http.conftest import Open


def get(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def test_a_later_answer_waits_for_the_earlier_ones(site: Site, client: Client):
    client.send(get("/late/a") + get("/late/b") + get("/now"))
    site.release("b", b"second")
    site.release("a", b"first")

    assert [client.answer().body for _ in range(3)] == [b"first", b"second", b"now"]


def test_requests_in_one_read_are_all_dispatched(site: Site, client: Client):
    client.send(b"".join(get(f"/late/{number}") for number in range(20)))

    site.wait_for_asked(20)


def test_more_than_the_bound_wait_for_the_first(open_site: Open):
    site = open_site(HttpLimits(pipelined=4))
    client = site.client()
    client.send(b"".join(get(f"/late/{number}") for number in range(10)))
    site.wait_for_asked(4)
    for number in (3, 2, 1):  # none of these may leave, so nothing more may be begun
        site.release(str(number))
    assert site.targets() == [f"/late/{number}" for number in range(4)]

    site.release("0")
    site.wait_for_asked(8)
    for number in range(4, 10):
        site.release(str(number), b"%d" % number)

    assert [client.answer().body for _ in range(10)] == [b"late"] * 4 + [b"%d" % number for number in range(4, 10)]
    assert client.ask(get("/now")).body == b"now"


def test_answers_that_nobody_reads_are_not_made(open_site: Open):
    """One read may bring thousands of requests for a large answer."""
    site = open_site()
    client = site.client(receive_buffer=4096)
    client.send(get("/large") * 30)
    site.wait_for_asked(1)
    site.sweep(0)

    assert len(site.asked) < 10

    for _ in range(30):
        assert client.answer().body == LARGE
    assert client.ask(get("/now")).body == b"now"


def test_many_small_requests_in_one_read(site: Site):
    assert site.feed(get("/now") * 5000).count(b"HTTP/1.1 200 OK") == 5000


def test_nothing_after_close_is_dispatched(site: Site, client: Client):
    """RFC 9112, 9.6."""
    client.send(get("/late/a") + b"GET /late/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/now"))
    site.release("b")
    site.release("a")

    assert client.answer().status == 200
    assert client.answer().headers["connection"] == "close"
    assert client.rest() == b""
    assert site.targets() == ["/late/a", "/late/b"]


def test_nothing_after_http_1_0_is_dispatched(site: Site, client: Client):
    client.send(b"GET /now HTTP/1.0\r\n\r\n" + get("/now"))

    assert client.rest().count(b"HTTP/1.1 200") == 1
    assert site.targets() == ["/now"]


def test_a_bad_request_is_refused_after_the_answers_before_it(site: Site, client: Client):
    client.send(get("/late/a") + b"garbage\r\n\r\n" + get("/now"))
    site.release("a")

    assert client.answer().status == 200
    assert client.answer().status == 400
    assert client.rest() == b""
    assert site.targets() == ["/late/a"]


def test_a_bad_request_is_refused_after_those_held_back(open_site: Open):
    site = open_site(HttpLimits(pipelined=2))
    client = site.client()
    client.send(b"".join(get(f"/late/{name}") for name in "abc") + b"garbage\r\n\r\n")
    for name in "abc":
        site.release(name)

    assert [client.answer().status for _ in range(4)] == [200, 200, 200, 400]
    assert client.rest() == b""
