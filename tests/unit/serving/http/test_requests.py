"""What ordinary clients send, and what they get."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

import orjson
import pytest

from serving.http.exchange import Exchange
from tests.support.raw_http import Client, Site

GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"


def test_one_connection_answers_many_requests(client: Client):
    for _ in range(3):
        answer = client.ask(GET)

        assert (answer.status, answer.body) == (200, b"now")
        assert "connection" not in answer.headers


def test_close_is_answered_with_close(client: Client):
    """RFC 9112, 9.6."""
    answer = client.ask(b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert answer.headers["connection"] == "close"
    assert client.rest() == b""


def test_close_is_found_in_a_list(client: Client):
    answer = client.ask(b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n")

    assert answer.headers["connection"] == "close"
    assert client.rest() == b""


def test_http_1_0_closes(client: Client):
    """RFC 9112, 9.3."""
    answer = client.ask(b"GET /now HTTP/1.0\r\n\r\n")

    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert client.rest() == b""


def test_http_1_0_is_kept_alive_if_it_asks(client: Client):
    """RFC 9112, 9.3; clients of that age look for the option in the answer."""
    for _ in range(2):
        answer = client.ask(b"GET /now HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")

        assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")


def test_http_1_0_has_no_expectations(client: Client):
    """RFC 9110, 10.1.1: the expectation of such a request is ignored."""
    answer = client.ask(b"POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")

    assert (answer.status, answer.body) == (200, b"hi")


def test_head_has_the_length_and_no_body(client: Client):
    """RFC 9110, 9.3.2."""
    client.send(b"HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = client.answer(to_head=True)

    assert (answer.status, answer.headers["content-length"]) == (200, "3")
    assert client.ask(GET).body == b"now"


def test_empty_lines_before_a_request_are_skipped(client: Client):
    """RFC 9112, 2.2."""
    assert client.ask(b"\r\n\r\n" + GET).status == 200


@pytest.mark.parametrize(
    "target", [b"http://a:1/names/b?c=d", b"HTTP://a/names/b", b"/names/b?c", b"/names/b?", b"/n%61mes/%62"]
)
def test_forms_of_one_target(client: Client, target: bytes):
    """RFC 9112, 3.2.2; RFC 3986, 6.2.2.2."""
    assert client.ask(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n").body == b"b"


def test_a_coded_slash_parts_no_segments(client: Client):
    """RFC 3986, 2.2: otherwise a gateway before this server would see another path than it does."""
    assert client.ask(b"GET /names/b%2Fready HTTP/1.1\r\nHost: a\r\n\r\n").body == b"b%2Fready"


@pytest.mark.parametrize("target", [b"/", b"*", b"/nowhere", b"/now/", b"//now", b"http://a", b"/x/http://a/now"])
def test_an_unknown_path_is_not_found(client: Client, target: bytes):
    answer = client.ask(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")

    assert answer.status == 404
    assert "/openapi.json" in orjson.loads(answer.body)["error"]
    assert client.ask(GET).status == 200


@pytest.mark.parametrize("method", [b"POST", b"DELETE", b"OPTIONS", b"PROPFIND"])
def test_a_wrong_method_names_the_right_ones(client: Client, method: bytes):
    """RFC 9110, 15.5.6."""
    answer = client.ask(method + b" /now HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert client.ask(GET).status == 200


def test_an_error_of_the_server_keeps_its_details(client: Client, caplog: pytest.LogCaptureFixture):
    answer = client.ask(b"GET /broken HTTP/1.1\r\nHost: a\r\nX-Request-Id: r1\r\n\r\n")

    assert answer.status == 500
    assert b"secret" not in answer.body
    assert "the secret of the server" in caplog.text
    assert caplog.records[-1].facts["request_id"] == "r1"
    assert client.ask(GET).status == 200


def test_every_answer_is_dated(client: Client):
    answered = parsedate_to_datetime(client.ask(GET).headers["date"])

    assert abs((datetime.now(UTC) - answered).total_seconds()) < 3600


def test_a_request_id_is_repeated(client: Client):
    assert (
        client.ask(b"GET /now HTTP/1.1\r\nHost: a\r\nX-Request-Id: r 1\r\n\r\n").headers["x-request-id"] == "r 1"
    )


@pytest.mark.parametrize("given", [b"a" * 129, b"\xffa", b"a\tb"])
def test_an_unfit_request_id_is_not_repeated(client: Client, given: bytes):
    answer = client.ask(b"GET /now HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + given + b"\r\n\r\n")

    assert answer.status == 200
    assert "x-request-id" not in answer.headers


def test_a_request_knows_when_it_arrived(site: Site, client: Client):
    before = monotonic()
    client.ask(GET)

    assert before < site.asked[0].arrived < monotonic()


def test_whoever_listens_is_told_of_every_answer(site: Site):
    told: list[Exchange] = []
    site.connections.answered = told.append
    client = site.client()
    before = monotonic()
    client.send(GET + b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
    client.rest()

    assert [(each.method, each.target, each.status) for each in told] == [
        (b"GET", b"/now", 200),
        (b"POST", b"/echo", 413),
    ]
    assert all(before < each.arrived < monotonic() for each in told)


def test_repeated_headers_make_a_list(site: Site, client: Client):
    """RFC 9110, 5.3."""
    client.ask(b"GET /now HTTP/1.1\r\nHost: a\r\nAccept: b\r\naccept: c\r\nX-Empty:\r\n\r\n")

    assert site.asked[0].headers == {b"host": b"a", b"accept": b"b, c", b"x-empty": b""}


def test_an_upgrade_is_ignored(site: Site, client: Client):
    """RFC 9110, 7.8: Java's client asks for HTTP/2 in this way with its first request, body and all."""
    request = (
        b"POST /echo?q HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nHost: a\r\nContent-Length: 5\r\n"
        b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n\r\nhello"
    )
    for _ in range(2):
        assert client.ask(request).body == b"hello"
    assert client.ask(GET).body == b"now"
    assert site.targets() == ["/echo?q", "/echo?q", "/now"]


def test_many_upgrades_in_one_read_are_ignored(site: Site):
    upgrade = b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"

    assert site.feed(upgrade * 2000).count(b"HTTP/1.1 200 OK") == 2000


def test_an_upgrade_of_a_closing_connection_closes(client: Client):
    client.send(b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: x\r\n\r\n")

    assert client.answer().headers["connection"] == "close"
    assert client.rest() == b""


def test_connect_is_refused(client: Client):
    """RFC 9110, 9.3.6; what follows it may be anything."""
    assert client.ask(b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\n" + GET).status == 404
    assert client.rest() == b""
