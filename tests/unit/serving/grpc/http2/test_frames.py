import pytest

from serving.grpc.http2.errors import ConnectionFault, ErrorCode
from serving.grpc.http2.frames import (
    PADDED,
    PING,
    PRIORITIZED,
    Setting,
    frame,
    goaway_frame,
    read_word,
    rst_stream_frame,
    settings_frame,
    unpadded,
    window_update_frame,
)
from serving.grpc.http2.guard import Guard
from serving.grpc.http2.limits import Http2Limits


@pytest.mark.parametrize(
    ("made", "bytes_"),
    [
        (frame(PING, 1, 0, b"12345678"), b"\0\0\x08\x06\x01\0\0\0\x0012345678"),
        (settings_frame({Setting.MAX_FRAME_SIZE: 0x4000}), b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0"),
        (window_update_frame(3, 258), b"\0\0\x04\x08\0\0\0\0\x03\0\0\x01\x02"),
        (rst_stream_frame(5, ErrorCode.CANCEL), b"\0\0\x04\x03\0\0\0\0\x05\0\0\0\x08"),
        (goaway_frame(7, ErrorCode.NO_ERROR, "bye"), b"\0\0\x0b\x07\0\0\0\0\0\0\0\0\x07\0\0\0\0bye"),
    ],
)
def test_frames_are_laid_out_as_the_rfc_says(made, bytes_):
    assert made == bytes_


@pytest.mark.parametrize(
    ("flags", "payload", "content"),
    [
        (0, b"abc", b"abc"),
        (PADDED, b"\x02abc\0\0", b"abc"),
        (PADDED, b"\x00", b""),
        (PRIORITIZED, b"12345abc", b"abc"),
        (PADDED | PRIORITIZED, b"\x0112345abc\0", b"abc"),
    ],
)
def test_padding_and_priority_are_cut_off(flags, payload, content):
    data = b"before" + payload + b"after"
    start, end = unpadded(flags, data, 6, 6 + len(payload))
    assert data[start:end] == content


@pytest.mark.parametrize(("flags", "payload"), [(PADDED, b""), (PADDED, b"\x03ab"), (PRIORITIZED, b"1234")])
def test_rejects_padding_longer_than_its_frame(flags, payload):
    with pytest.raises(ConnectionFault):
        unpadded(flags, payload, 0, len(payload))


@pytest.mark.parametrize("payload", [b"", b"123", b"12345"])
def test_rejects_a_word_of_another_length(payload):
    with pytest.raises(ConnectionFault) as caught:
        read_word(payload)
    assert caught.value.code is ErrorCode.FRAME_SIZE_ERROR


def test_the_guard_counts_anew_each_second():
    guard = Guard(Http2Limits(resets=3, idle_frames=3))
    for _ in range(5):
        for _ in range(3):
            guard.count_reset()
            guard.count_idle_frame()
        guard.renew()
    for count in (guard.count_reset, guard.count_idle_frame):
        with pytest.raises(ConnectionFault):
            [count() for _ in range(4)]


def test_the_guard_bounds_header_blocks():
    guard = Guard(Http2Limits(continuations=2, header_bytes=10))
    guard.check_block(2, 10)
    for frames, size in ((3, 1), (1, 11)):
        with pytest.raises(ConnectionFault):
            guard.check_block(frames, size)
