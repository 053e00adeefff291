"""The few bytes of protobuf's encoding that are written by hand.

Source: https://protobuf.dev/programming-guides/encoding/: serialized messages that follow each other
are one message with the fields of both.
"""

from __future__ import annotations

_LENGTH_DELIMITED = 2
_SHIFTS = range(0, 35, 7)  # of the bytes of a length, which has 31 bits
INPUT_TAG = bytes([7 << 3 | _LENGTH_DELIMITED])  # ModelInferRequest.raw_input_contents
OUTPUT_TAG = bytes([6 << 3 | _LENGTH_DELIMITED])  # ModelInferResponse.raw_output_contents


def length_at(data: bytes, position: int) -> tuple[int, int]:
    """Return the length that stands at `position`, and where what it counts begins.

    Raises:
        ValueError: no length stands there.
    """
    length = 0
    for shift, byte in zip(_SHIFTS, data[position : position + len(_SHIFTS)], strict=False):
        position += 1
        length |= (byte & 0x7F) << shift
        if byte <= 0x7F:
            return length, position
    raise ValueError("no length")


def length_delimited_head(tag: bytes, size: int) -> bytes:
    """Return what stands before `size` bytes of a field."""
    head = bytearray(tag)
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head)
