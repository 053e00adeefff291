"""The layout of frames (RFC 9113, sections 4 and 6), and those that a server makes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from struct import Struct

from serving.grpc.http2.errors import ConnectionFault, ErrorCode

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # section 3.4
HEADER_BYTES = 9
MOST_STREAM_ID = (1 << 31) - 1
MOST_WINDOW = (1 << 31) - 1
LEAST_FRAME_BYTES = 1 << 14  # what every peer takes, section 4.2

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM = 0x1
ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITIZED = 0x20


class Setting(IntEnum):
    """Identifiers of settings (section 6.5.2)."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


# Length (24 bits) and type (8 bits) as one number, flags, stream.
frame_header = Struct(">IBI")
setting_entry = Struct(">HI")
_word = Struct(">I")
_two_words = Struct(">II")


def frame(kind: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
    """Make one frame."""
    return frame_header.pack(len(payload) << 8 | kind, flags, stream_id) + payload


def settings_frame(settings: Mapping[Setting, int]) -> bytes:
    """Announce our settings (section 6.5)."""
    return frame(SETTINGS, 0, 0, b"".join(setting_entry.pack(*entry) for entry in settings.items()))


def window_update_frame(stream_id: int, increment: int) -> bytes:
    """Grant `increment` more bytes (section 6.9)."""
    return frame(WINDOW_UPDATE, 0, stream_id, _word.pack(increment))


def rst_stream_frame(stream_id: int, code: ErrorCode) -> bytes:
    """End a stream at once (section 6.4)."""
    return frame(RST_STREAM, 0, stream_id, _word.pack(code))


def goaway_frame(last_stream_id: int, code: ErrorCode, reason: str = "") -> bytes:
    """Announce the end of the connection (section 6.8)."""
    return frame(GOAWAY, 0, 0, _two_words.pack(last_stream_id, code) + reason.encode())


def read_word(payload: bytes) -> int:
    """Read the four bytes of a WINDOW_UPDATE or RST_STREAM.

    Raises:
        ConnectionFault: there are more or less.
    """
    if len(payload) != 4:
        raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a payload of another length than four bytes")
    return int.from_bytes(payload, "big")


def unpadded(flags: int, data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the content between `start` and `end` lies, without padding and priority.

    Raises:
        ConnectionFault: the padding is as long as the payload, or longer (sections 6.1 and 6.2).
    """
    if flags & PADDED:
        end -= data[start] if start < end else 0
        start += 1
    if flags & PRIORITIZED:
        start += 5
    if start > end:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "padding longer than its frame")
    return start, end
