"""What two servers could read in two ways is refused, and nothing behind it is dispatched (RFC 9112, 11.2)."""

from __future__ import annotations

import pytest

from tests.support.raw_http import Client, Site

HIDDEN = b"GET /names/hidden HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NO_CHUNKS = b"\r\n0\r\n\r\n"

BAD_LENGTHS = {
    "signed": b"+3",
    "negative": b"-3",
    "hexadecimal": b"0x3",
    "list": b"3, 3",
    "two words": b"3 3",
    "underscore": b"1_0",
    "empty": b"",
    "semicolon": b"3;",
    "64 bits": b"18446744073709551616",
    "64 bits and 3": b"18446744073709551619",
    "long": b"9" * 40,
}
BAD_CHUNK_SIZES = {
    "signed": b"+3",
    "negative": b"-3",
    "prefixed": b"0x3",
    "space after": b"3 ",
    "space before": b" 3",
    "empty": b"",
    "overflow": b"F" * 17,
    "no hexadecimal": b"g",
    "line feed in extension": b"3;a\n",
}
BAD_HEADS = {
    "length and chunks (RFC 9112, 6.1)": POST + b"Content-Length: 3\r\n" + CHUNKED + NO_CHUNKS,
    "chunks and length (RFC 9112, 6.1)": POST + CHUNKED + b"Content-Length: 3\r\n" + NO_CHUNKS,
    "two lengths (RFC 9112, 6.3)": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "two lengths that differ": POST + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "chunks in HTTP/1.0 (RFC 9112, 6.1)": b"POST /echo HTTP/1.0\r\nConnection: keep-alive\r\n"
    + CHUNKED
    + NO_CHUNKS,
    "chunked twice": POST + CHUNKED + CHUNKED + NO_CHUNKS,
    "empty coding": POST + b"Transfer-Encoding: \r\n" + NO_CHUNKS,
    "chunked not last (RFC 9112, 6.3)": POST + b"Transfer-Encoding: chunked, gzip\r\n" + NO_CHUNKS,
    "space before colon (RFC 9112, 5.1)": POST + b"Content-Length : 3\r\n\r\nabc",
    "bare line feed after the request line": b"POST /echo HTTP/1.1\nHost: a\r\n\r\n",
    "bare line feed after a header": b"POST /echo HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "bare line feed at the end": b"POST /echo HTTP/1.1\r\nHost: a\r\n\n",
    "bare carriage return (RFC 9112, 2.2)": b"POST /echo HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "folded line (RFC 9112, 5.2)": POST + b"X: a\r\n b\r\n\r\n",
    "folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n" + NO_CHUNKS,
    "space before the first header (RFC 9112, 2.2)": b"POST /echo HTTP/1.1\r\n Host: a\r\n\r\n",
    "NUL in a value (RFC 9110, 5.5)": POST + b"X: a\0b\r\n\r\n",
    "control character in a value": POST + b"X: a\x01b\r\n\r\n",
    "no name": POST + b": a\r\n\r\n",
    "space in a name": POST + b"X Y: a\r\n\r\n",
    "no host (RFC 9112, 3.2)": b"POST /echo HTTP/1.1\r\n\r\n",
    "two hosts (RFC 9112, 3.2)": POST + b"Host: b\r\n\r\n",
    "two equal hosts": POST + b"Host: a\r\n\r\n",
    "length in a trailer": POST + CHUNKED + b"\r\n0\r\nContent-Length: 9\r\n\r\n",
    "chunk without its end": POST + CHUNKED + b"\r\n3\r\nabcX\r\n0\r\n\r\n",
    "bare line feeds between chunks": POST + CHUNKED + b"\r\n3\nabc\n0\n\n",
    "lower-case method": b"post /echo HTTP/1.1\r\nHost: a\r\n\r\n",
    "lower-case protocol": b"POST /echo http/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.2": b"POST /echo HTTP/1.2\r\nHost: a\r\n\r\n",
    "bytes beyond ASCII in the target": b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "HTTP/2 where it is not spoken": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "noise": bytes(range(255, 0, -1)),
}
UNKNOWN_CODINGS = {
    "gzip, chunked": b"Transfer-Encoding: gzip, chunked\r\n",
    "identity before chunked": b"Transfer-Encoding: identity\r\n" + CHUNKED,
    "xchunked": b"Transfer-Encoding: xchunked\r\n",
}


def is_refused(site: Site, client: Client, data: bytes, status: int) -> bool:
    client.send(data + HIDDEN)
    answer = client.answer()
    return (
        answer.status == status
        and answer.headers["connection"] == "close"
        and client.rest() == b""
        and "/names/hidden" not in site.targets()
        and all(exchange.answer is not None for exchange in site.asked)
    )


@pytest.mark.parametrize("data", BAD_HEADS.values(), ids=BAD_HEADS)
def test_an_unclear_request_is_refused(site: Site, client: Client, data: bytes):
    assert is_refused(site, client, data, 400)
    assert not site.asked


@pytest.mark.parametrize("length", BAD_LENGTHS.values(), ids=BAD_LENGTHS)
def test_a_malformed_length_is_refused(site: Site, client: Client, length: bytes):
    """RFC 9110, 8.6."""
    assert is_refused(site, client, POST + b"Content-Length: " + length + b"\r\n\r\nabc", 400)
    assert not site.asked


@pytest.mark.parametrize("size", BAD_CHUNK_SIZES.values(), ids=BAD_CHUNK_SIZES)
def test_a_malformed_chunk_size_is_refused(site: Site, client: Client, size: bytes):
    """RFC 9112, 7.1."""
    assert is_refused(site, client, POST + CHUNKED + b"\r\n" + size + b"\r\nabc\r\n0\r\n\r\n", 400)
    assert not site.asked


@pytest.mark.parametrize("coding", UNKNOWN_CODINGS.values(), ids=UNKNOWN_CODINGS)
def test_a_coding_other_than_chunked_is_refused(site: Site, client: Client, coding: bytes):
    """RFC 9112, 6.1."""
    assert is_refused(site, client, POST + coding + NO_CHUNKS, 501)
    assert not site.asked


@pytest.mark.parametrize("version", [b" HTTP/0.9", b" HTTP/2.0", b""])
def test_another_version_is_refused(site: Site, client: Client, version: bytes):
    """RFC 9110, 15.6.6."""
    assert is_refused(site, client, b"GET /now" + version + b"\r\nHost: a\r\n\r\n", 505)
    assert not site.asked


def test_a_length_within_64_bits_is_too_large(site: Site, client: Client):
    assert is_refused(site, client, POST + b"Content-Length: 18446744073709551615\r\n\r\n", 413)
    assert not site.asked


def test_a_body_longer_than_its_length_is_the_next_request(site: Site, client: Client):
    """RFC 9112, 6.2: and that one is no HTTP."""
    assert client.ask(POST + b"Content-Length: 3\r\n\r\nabcdef\r\n\r\n").body == b"abc"
    assert client.answer().status == 400
    assert client.rest() == b""
    assert site.targets() == ["/echo"]


def test_a_body_shorter_than_its_length_is_never_dispatched(site: Site, client: Client):
    """RFC 9112, 8."""
    client.send(POST + b"Content-Length: 30\r\n\r\nabc")
    client.end_sending()

    assert client.rest() == b""
    assert not site.asked


@pytest.mark.parametrize("name", [b"x-request-id", b"X-Request-Id"])
@pytest.mark.parametrize(
    "value", [b"a%0d%0aSet-Cookie: b", b"a\\r\\nSet-Cookie: b", b"a\xc4\x8d\xc4\x8aSet-Cookie: b"]
)
def test_a_header_cannot_be_injected(client: Client, name: bytes, value: bytes):
    answer = client.ask(b"GET /names/a%0d%0ab HTTP/1.1\r\nHost: a\r\n" + name + b": " + value + b"\r\n\r\n")

    assert answer.status == 200
    assert set(answer.headers) <= {"content-type", "content-length", "date", "x-request-id"}
