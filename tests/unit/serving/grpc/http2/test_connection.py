"""Any bytes at all: the connection ends as the protocol says, and no other way."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.grpc.http2.connection import Connection
from serving.grpc.http2.frames import PREFACE, SETTINGS, frame
from serving.grpc.http2.header_blocks import encoded
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.http2.patience import sweep
from serving.grpc.http2.stream import Stream
from serving.grpc.status import OK_TRAILERS, OPENING
from tests.support.http2_frames import call_headers

LIMITS = Http2Limits(streams=3, frame_bytes=100, connection_window=1 << 16, stream_window=1 << 10)
BLOCKS = st.sampled_from([encoded(call_headers()), encoded([("x", "y")]), b"\x82", b"\xff", b""])
WORDS = st.sampled_from([0, 1, 2, 100, (1 << 31) - 1]).map(lambda number: number.to_bytes(4, "big"))
SETTING = st.tuples(st.integers(0, 7), st.sampled_from([0, 1, 5, 1 << 14, (1 << 31) - 1, 1 << 31]))
ENTRIES = st.lists(
    SETTING.map(lambda entry: entry[0].to_bytes(2, "big") + entry[1].to_bytes(4, "big")), max_size=3
)
PAYLOADS = st.binary(max_size=30) | BLOCKS | WORDS | ENTRIES.map(b"".join)
FRAMES = st.builds(
    frame,
    st.integers(0, 11),
    st.sampled_from([0, 1, 4, 5, 8, 13, 32, 0xFF]),
    st.sampled_from([0, 1, 1, 1, 2, 3, 3, 5, 7, 9, 1 << 31]),
    PAYLOADS,
)
SENT = st.lists(FRAMES | st.binary(max_size=12), max_size=12).map(b"".join)


class Transport(asyncio.Transport):
    """A peer that takes everything until the connection is closed."""

    def __init__(self):
        self.written = bytearray()
        self.closed = False

    def write(self, data):
        assert not self.closed
        self.written += data

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    abort = write_eof = close


class Echo(Stream):
    """Answers each piece of a request with itself, and what it was is over with its end."""

    __slots__ = ("pieces",)

    def receive(self, data, start, end, ended):
        self.pieces = [*getattr(self, "pieces", []), data[start:end]]
        if ended:
            self.respond(OPENING, tuple(self.pieces), sum(map(len, self.pieces)), OK_TRAILERS)


class Opener:
    def open(self, connection, stream_id):
        return Echo(connection, stream_id)


def converse(sent, cut):
    async def conversation():
        transport = Transport()
        connection = Connection(lambda _: Opener(), LIMITS)
        connection.connection_made(transport)
        for start in range(0, len(sent), cut):
            if not transport.closed:
                connection.data_received(sent[start : start + cut])
            await asyncio.sleep(0)
        sweep(connection, connection.now + 1)
        connection.drain()
        sweep(connection, connection.now + 100)
        await asyncio.sleep(0)
        connection.connection_lost(None)
        assert not connection.streams
        return bytes(transport.written)

    return asyncio.run(conversation())


@settings(max_examples=300, deadline=None)
@given(SENT, st.sampled_from([1, 7, 1000]))
def test_any_frames_end_as_the_protocol_says(sent, cut):
    written = converse(PREFACE + frame(SETTINGS, 0, 0) + sent, cut)
    position = 0
    while position < len(written):  # whole frames only, whatever came in
        position += 9 + int.from_bytes(written[position : position + 3], "big")
    assert position == len(written)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_in_place_of_a_greeting_end_the_connection(sent):
    assert converse(sent, 5)[3] == SETTINGS
