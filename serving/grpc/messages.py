"""Messages on a stream: one byte that says whether it is compressed, four of length, the bytes.

Source: gRPC over HTTP/2, "Length-Prefixed-Message" and "Message-Encoding".
"""

from __future__ import annotations

import zlib
from struct import Struct

from serving.grpc.status import CallFault, Code

prefix = Struct(">BI")
PREFIX_BYTES = prefix.size

ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}  # to zlib's window bits
ACCEPTED = ",".join(("identity", *ENCODINGS))


class Budget:
    """Memory for messages that are still arriving, shared by all connections."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes

    def take(self, size: int) -> None:
        """Reserve `size` bytes.

        Raises:
            CallFault: RESOURCE_EXHAUSTED, too many are in use.
        """
        if size > self._left:
            raise CallFault(Code.RESOURCE_EXHAUSTED, "The server receives too much at once. Send it again later.")
        self._left -= size

    def give(self, size: int) -> None:
        """Return what was taken."""
        self._left += size


class MessageBuffer:
    """The part of a stream that is no whole message yet."""

    __slots__ = ("_budget", "_most_bytes", "_pieces", "_size", "_wanted")

    def __init__(self, budget: Budget, most_bytes: int) -> None:
        self._budget = budget
        self._most_bytes = most_bytes
        self._pieces: list[bytes] = []  # joined once: bytes that grow are copied again and again
        self._size = 0
        self._wanted = 0  # size of the next message with its prefix; 0 before the prefix is there

    def __len__(self) -> int:
        return self._size

    def add(self, data: bytes, start: int, end: int) -> None:
        """Take the next bytes.

        Raises:
            CallFault: RESOURCE_EXHAUSTED, the message is too long, or all are together.
        """
        self._budget.take(end - start)
        self._size += end - start
        self._pieces.append(data[start:end])
        if not self._wanted and self._size >= PREFIX_BYTES:
            self._read_prefix()

    def take(self) -> bytes | None:
        """Return the next message with its prefix if it is whole."""
        if not self._wanted or self._size < self._wanted:
            return None
        whole, end = b"".join(self._pieces), self._wanted
        self._budget.give(end)
        self._size -= end
        self._wanted = 0
        self._pieces = [whole[end:]] if self._size else []
        if self._size >= PREFIX_BYTES:
            self._read_prefix()
        return whole[:end]

    def release(self) -> None:
        """Drop what is left, and return its memory to the budget."""
        self._budget.give(self._size)
        self._size = self._wanted = 0
        self._pieces = []

    def _read_prefix(self) -> None:
        size: int = prefix.unpack_from(b"".join(self._pieces))[1]
        check_length(size, self._most_bytes)
        self._wanted = PREFIX_BYTES + size


def check_length(size: int, most_bytes: int) -> None:
    """Refuse a message by the length it announces.

    Raises:
        CallFault: RESOURCE_EXHAUSTED.
    """
    if size > most_bytes:
        raise CallFault(
            Code.RESOURCE_EXHAUSTED,
            f"The message is too long: expected at most {most_bytes} bytes, got {size}. "
            "Send the rows in several requests.",
        )


def content(message: bytes, encoding: str, most_bytes: int) -> bytes:
    """Return a message that is not compressed, with its prefix.

    Raises:
        CallFault: INTERNAL for a flag without an encoding, INVALID_ARGUMENT for damaged bytes,
            RESOURCE_EXHAUSTED if there are more than `most_bytes` of them.
    """
    if message[0] == 0:
        return message
    if message[0] != 1 or encoding not in ENCODINGS:
        raise CallFault(Code.INTERNAL, "A message is marked as compressed, but no grpc-encoding says how.")
    plain = _decompressed(memoryview(message)[PREFIX_BYTES:], ENCODINGS[encoding], most_bytes)
    return prefix.pack(0, len(plain)) + plain


def _decompressed(compressed: memoryview, window_bits: int, most_bytes: int) -> bytes:
    decompressor = zlib.decompressobj(window_bits)
    try:
        plain = decompressor.decompress(compressed, most_bytes + 1)
    except zlib.error as error:
        raise CallFault(Code.INVALID_ARGUMENT, "A compressed message is damaged.") from error
    check_length(len(plain), most_bytes)
    if not decompressor.eof:
        raise CallFault(Code.INVALID_ARGUMENT, "A compressed message is cut short.")
    return plain
