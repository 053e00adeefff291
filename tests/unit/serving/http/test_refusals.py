"""Requests refused before they are whole are counted, each by its reason."""

import pytest

from serving.http.limits import HttpLimits
from tests.support.raw_http import site_on


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"nonsense\r\n\r\n", "bad_request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", "request_entity_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 5000 + b"\r\n\r\n", "request_header_fields_too_large"),
        (b"GET / HTTP/1.1\r\n\r\n", "bad_request"),
    ],
)
def test_a_refused_request_is_counted_by_its_reason(sent, reason):
    counted = []
    limits = HttpLimits(head_bytes=4096, body_bytes=1000)
    with site_on("asyncio", limits=limits, rejected=counted.append) as site:
        client = site.client()
        client.send(sent)
        client.answer()

    assert counted == [reason]
