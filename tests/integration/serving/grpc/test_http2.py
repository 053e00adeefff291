"""What RFC 9113 says of peers that break it, with frames made by hand."""

import struct
from collections import Counter

import pytest
from hpack import Decoder, Encoder

from serving.grpc.http2.errors import ErrorCode
from serving.grpc.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITIZED,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Setting,
    frame,
    rst_stream_frame,
    settings_frame,
    window_update_frame,
)
from serving.grpc.http2.header_blocks import encoded
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.limits import GrpcLimits
from tests.support.grpc_server import RawClient
from tests.support.http2_frames import call_frames, call_headers, grpc_status, headers_frame
from tests.support.infer_requests import as_message, picking_request

LIVE = as_message(b"")
BLOCK = encoded(call_headers("ServerLive"))


def live(stream):
    return call_frames(stream, LIVE, model="ServerLive")


def goaway_of(frames):
    """The last stream and the code of the GOAWAY with which a connection ends."""
    kind, _, _, payload = frames[-1]
    assert kind == GOAWAY
    return struct.unpack(">II", payload[:8])


@pytest.fixture
def client(running):
    with RawClient(running.port) as client:
        yield client


def test_settings_are_announced_and_acknowledged(client):
    kind, flags, stream, payload = client.read()
    assert (kind, flags, stream) == (SETTINGS, 0, 0)
    settings = dict(struct.iter_unpack(">HI", payload))
    assert settings[Setting.MAX_CONCURRENT_STREAMS] == 1000
    assert settings[Setting.INITIAL_WINDOW_SIZE] >= 1 << 20
    assert client.read()[0] == WINDOW_UPDATE
    assert client.read()[:2] == (SETTINGS, ACK)


def test_ping_is_answered_with_its_own_bytes(client):
    client.send(frame(PING, 0, 0, b"12345678"))
    assert client.read_until(PING) == (PING, ACK, 0, b"12345678")


def test_windows_are_returned_to_stream_and_connection(running):
    with RawClient(running.port) as client:
        client.read_until(WINDOW_UPDATE)
        body = as_message(b"\0" * (9 << 20))
        client.send(call_frames(1, body, model="ServerLive", ends=False))
        granted = Counter()
        while granted[0] < 8 << 20 or granted[1] < 8 << 20:
            _, _, stream, payload = client.read_until(WINDOW_UPDATE)
            granted[stream] += int.from_bytes(payload, "big")
        assert max(granted.values()) <= len(body)


def test_padding_and_priority_are_ignored(client):
    padded = bytes([4]) + bytes(4) + bytes([7]) + BLOCK + bytes(4)
    client.send(frame(PRIORITY, 0, 1, bytes(5)))
    client.send(frame(HEADERS, END_HEADERS | PADDED | PRIORITIZED, 1, padded))
    client.send(frame(DATA, PADDED | END_STREAM, 1, bytes([2]) + LIVE + bytes(2)))
    assert client.read_until(DATA)[3][5:] == b"\x08\x01"


def test_unknown_frames_and_settings_are_ignored(client):
    client.send(frame(0xEE, 0xFF, 0, b"x"), frame(SETTINGS, 0, 0, struct.pack(">HI", 0xEEEE, 5)), live(1))
    assert client.read_until(DATA)[2] == 1


def test_header_blocks_in_many_frames(client):
    pieces = [BLOCK[start : start + 20] for start in range(0, len(BLOCK), 20)]
    client.send(frame(HEADERS, 0, 1, pieces[0]))
    client.send(*(frame(CONTINUATION, 0, 1, piece) for piece in pieces[1:-1]))
    client.send(frame(CONTINUATION, END_HEADERS, 1, pieces[-1]), frame(DATA, END_STREAM, 1, LIVE))
    assert client.read_until(DATA)[2] == 1


def test_any_cut_of_the_bytes_is_read_alike(running):
    encoder = Encoder()
    headers = [headers_frame_of(encoder, stream) for stream in (1, 3, 5)]
    message = as_message(picking_request(1).SerializeToString())
    sent = b"".join(block + frame(DATA, END_STREAM, 1 + 2 * each, message) for each, block in enumerate(headers))
    with RawClient(running.port) as client:
        for position in range(0, len(sent), 7):
            client.send(sent[position : position + 7])
        answers = [client.read_until(HEADERS, flags=END_STREAM) for _ in range(3)]
        assert [grpc_status(answer) for answer in answers] == [0, 0, 0]


def headers_frame_of(encoder, stream):
    """Headers by way of the dynamic table: from the second call on, each is an index."""
    return frame(HEADERS, END_HEADERS, stream, encoder.encode(call_headers()))


def test_headers_that_change_with_each_call(client):
    encoder = Encoder()
    for stream in range(1, 60, 2):
        headers = [*call_headers("ServerLive"), ("x-request-id", f"number-{stream}"), ("x-fixed", "same")]
        client.send(
            frame(HEADERS, END_HEADERS, stream, encoder.encode(headers)), frame(DATA, END_STREAM, stream, LIVE)
        )
    decoder = Decoder()
    for stream in range(1, 60, 2):
        found = client.read_until(HEADERS, flags=END_HEADERS)
        while found[1] & END_STREAM:
            found = client.read_until(HEADERS, flags=END_HEADERS)
        assert dict(decoder.decode(found[3]))["x-request-id"] == f"number-{stream}"


def test_a_table_that_is_resized(client):
    encoder = Encoder()
    client.send(frame(HEADERS, END_HEADERS, 1, encoder.encode(call_headers("ServerLive"))))
    client.send(frame(DATA, END_STREAM, 1, LIVE))
    encoder.header_table_size = 0
    client.send(frame(HEADERS, END_HEADERS, 3, encoder.encode(call_headers("ServerLive"))))
    client.send(frame(DATA, END_STREAM, 3, LIVE))
    assert [client.read_until(DATA)[2] for _ in range(2)] == [1, 3]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(PING, 0, 0, b"short"), ErrorCode.FRAME_SIZE_ERROR),
        (frame(PING, 0, 1, b"12345678"), ErrorCode.PROTOCOL_ERROR),
        (frame(SETTINGS, 0, 0, b"12345"), ErrorCode.FRAME_SIZE_ERROR),
        (frame(SETTINGS, ACK, 0, b"123456"), ErrorCode.FRAME_SIZE_ERROR),
        (frame(SETTINGS, 0, 1), ErrorCode.PROTOCOL_ERROR),
        (settings_frame({Setting.ENABLE_PUSH: 2}), ErrorCode.PROTOCOL_ERROR),
        (settings_frame({Setting.INITIAL_WINDOW_SIZE: 1 << 31}), ErrorCode.FLOW_CONTROL_ERROR),
        (settings_frame({Setting.MAX_FRAME_SIZE: 100}), ErrorCode.PROTOCOL_ERROR),
        (window_update_frame(0, 0), ErrorCode.PROTOCOL_ERROR),
        (window_update_frame(0, (1 << 31) - 1), ErrorCode.FLOW_CONTROL_ERROR),
        (window_update_frame(9, 1), ErrorCode.PROTOCOL_ERROR),
        (frame(WINDOW_UPDATE, 0, 0, b"123"), ErrorCode.FRAME_SIZE_ERROR),
        (frame(RST_STREAM, 0, 0, bytes(4)), ErrorCode.PROTOCOL_ERROR),
        (frame(RST_STREAM, 0, 9, bytes(4)), ErrorCode.PROTOCOL_ERROR),
        (frame(PRIORITY, 0, 0, bytes(5)), ErrorCode.PROTOCOL_ERROR),
        (frame(PUSH_PROMISE, 0, 1, bytes(4)), ErrorCode.PROTOCOL_ERROR),
        (frame(GOAWAY, 0, 0, b"123"), ErrorCode.FRAME_SIZE_ERROR),
        (frame(DATA, 0, 9, b"x"), ErrorCode.PROTOCOL_ERROR),
        (frame(DATA, 0, 0, b"x"), ErrorCode.PROTOCOL_ERROR),
        (frame(CONTINUATION, 0, 1, b"x"), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, END_HEADERS, 2, BLOCK), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, END_HEADERS, 0, BLOCK), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, END_HEADERS | PADDED, 1, bytes([255]) + BLOCK), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, END_HEADERS | PADDED, 1, b""), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff"), ErrorCode.COMPRESSION_ERROR),
        (frame(HEADERS, END_HEADERS, 1, b"\x3f\xe1\xff\x03"), ErrorCode.COMPRESSION_ERROR),
        (frame(HEADERS, 0, 1, BLOCK) + frame(PING, 0, 0, bytes(8)), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, 0, 1, BLOCK) + frame(0xEE, 0, 0), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, 0, 1, BLOCK) + frame(CONTINUATION, END_HEADERS, 3), ErrorCode.PROTOCOL_ERROR),
        (frame(HEADERS, 0, 1, BLOCK) + frame(CONTINUATION, 0, 1) * 20, ErrorCode.ENHANCE_YOUR_CALM),
        (frame(DATA, 0, 1, bytes(1 << 20)), ErrorCode.FRAME_SIZE_ERROR),
        (frame(PING, 0, 0, bytes(8)) * 3000, ErrorCode.ENHANCE_YOUR_CALM),
        (frame(SETTINGS, 0, 0) * 3000, ErrorCode.ENHANCE_YOUR_CALM),
        (frame(HEADERS, END_HEADERS, 1, BLOCK) + frame(DATA, 0, 1) * 3000, ErrorCode.ENHANCE_YOUR_CALM),
    ],
)  # fmt: skip
def test_rejects_a_broken_connection(client, frames, code):
    client.send(frames)
    assert goaway_of(client.read_all())[1] == code


def test_rejects_streams_that_are_opened_to_be_reset(client):
    opened = (
        headers_frame(stream, call_headers()) + rst_stream_frame(stream, ErrorCode.CANCEL)
        for stream in range(1, 1401, 2)
    )
    client.send(*opened)
    assert goaway_of(client.read_all())[1] == ErrorCode.ENHANCE_YOUR_CALM


def test_rejects_a_first_frame_that_is_not_settings(running):
    with RawClient(running.port, greet=False) as client:
        client.send(PREFACE, frame(PING, 0, 0, bytes(8)))
        assert goaway_of(client.read_all())[1] == ErrorCode.PROTOCOL_ERROR


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSN", b"\x16\x03\x01"])
def test_rejects_what_is_not_http2(running, sent):
    with RawClient(running.port, greet=False) as client:
        client.send(sent)
        assert goaway_of(client.read_all())[1] == ErrorCode.PROTOCOL_ERROR


@pytest.mark.parametrize(
    "headers",
    [
        call_headers(te="gzip"),
        [*call_headers(), ("connection", "close")],
        [*call_headers(), ("transfer-encoding", "chunked")],
        [*call_headers(), ("Upper", "case")],
        [*call_headers(), (":late", "pseudo")],
        [*call_headers(), (":path", "/twice")],
        [("te", "trailers"), *call_headers()[:4]],
        [*call_headers(), ("x", "line\nend")],
        [(name, value) for name, value in call_headers() if name != ":method"],
        [(":status", "200"), *call_headers()],
    ],
)
def test_rejects_malformed_headers_on_their_stream_only(client, headers):
    client.send(headers_frame(1, headers), frame(DATA, END_STREAM, 1, LIVE), live(3))
    assert client.read_until(RST_STREAM)[2:] == (1, struct.pack(">I", ErrorCode.PROTOCOL_ERROR))
    assert client.read_until(DATA)[2] == 3


def test_rejects_frames_after_the_end_of_a_stream(serve):
    from serving.inference.engine import QueuePolicy

    with serve("picking", policy=QueuePolicy(inline_seconds=-1.0)) as running, RawClient(running.port) as client:
        message = as_message(picking_request(1).SerializeToString())
        client.send(call_frames(1, message), frame(DATA, END_STREAM, 1, b"more"))
        assert client.read_until(RST_STREAM)[3] == struct.pack(">I", ErrorCode.STREAM_CLOSED)


def test_rejects_a_window_of_a_stream_beyond_its_bound(client):
    client.send(headers_frame(1, call_headers()), window_update_frame(1, (1 << 31) - 1))
    assert client.read_until(RST_STREAM)[3] == struct.pack(">I", ErrorCode.FLOW_CONTROL_ERROR)


def test_more_streams_than_allowed_are_refused_and_may_be_sent_again(serve):
    limits = GrpcLimits(http2=Http2Limits(streams=2))
    with serve("picking", limits=limits) as running, RawClient(running.port) as client:
        client.send(*(headers_frame(stream, call_headers("ServerLive")) for stream in (1, 3, 5)))
        assert client.read_until(RST_STREAM)[2:] == (5, struct.pack(">I", ErrorCode.REFUSED_STREAM))
        client.send(frame(DATA, END_STREAM, 5, LIVE), frame(DATA, END_STREAM, 1, LIVE))
        assert client.read_until(DATA)[2] == 1
        client.send(live(7))
        assert client.read_until(DATA)[2] == 7


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (call_headers("Nothing"), ("200", "12")),
        (call_headers(**{"content-type": "application/json"}), ("415", None)),
        (call_headers(**{":method": "GET"}), ("405", None)),
        (call_headers(timeout="soon"), ("200", "3")),
        (call_headers(**{"grpc-encoding": "snappy"}), ("200", "12")),
        ([*call_headers(), ("long", "x" * 20_000)], ("200", "8")),
    ],
)
def test_rejects_calls_by_their_headers(client, headers, status):
    block = encoded(headers)
    client.send(frame(HEADERS, END_HEADERS, 1, block), frame(DATA, END_STREAM, 1, LIVE))
    answer = dict(Decoder().decode(client.read_until(HEADERS, flags=END_STREAM)[3]))
    assert (answer[":status"], answer.get("grpc-status")) == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 3),
        (b"\0\0\0", 3),
        (b"\0\0\0\0\5four", 3),
        (LIVE + LIVE, 3),
        (as_message(b"", flag=1), 13),
        (as_message(b"", flag=7), 13),
        (b"\0\xff\xff\xff\xff", 8),
    ],
)  # fmt: skip
def test_rejects_a_body_that_is_not_one_message(client, body, code):
    client.send(call_frames(1, body, model="ServerLive"))
    assert grpc_status(client.read_until(HEADERS, flags=END_STREAM)) == code


def test_rejects_a_damaged_compressed_message(client):
    headers = call_headers("ServerLive", grpc_encoding="gzip")
    client.send(headers_frame(1, headers), frame(DATA, END_STREAM, 1, as_message(b"no gzip", flag=1)))
    assert grpc_status(client.read_until(HEADERS, flags=END_STREAM)) == 3


def test_a_body_in_the_headers_of_its_end(client):
    client.send(headers_frame(1, call_headers("ServerLive")), frame(DATA, 0, 1, LIVE))
    client.send(headers_frame(1, [("x-trailer", "1")], END_HEADERS | END_STREAM))
    assert client.read_until(DATA)[2] == 1
