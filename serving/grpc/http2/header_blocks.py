"""Header blocks, both ways (RFC 7541).

Clients of gRPC send the same bytes with every call once the dynamic table knows their headers. A
block that leaves the table as it was always means the same until another block changes it, so what
it means is kept, by its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from hpack import Encoder, NeverIndexedHeaderTuple

from serving.grpc.http2.fields import FieldDecoder, Headers
from serving.grpc.http2.frames import END_HEADERS, END_STREAM, HEADERS

Meaning = TypeVar("Meaning")

_MOST_KEPT = 64
_MOST_KEPT_BYTES = 512
_ENTRY_BYTES = 32  # that each field counts beyond its own bytes, RFC 9113 section 6.5.2


class HeaderBlocks(Generic[Meaning]):
    """The blocks that one peer sends, and what `interpret` makes of them.

    `kept` may be asked before `read`: it has what repeated blocks mean. One request should have at
    most `most_bytes` of headers, as `size_of` counts them; that is for `interpret` to check.
    """

    def __init__(self, interpret: Callable[[Headers], Meaning], most_bytes: int) -> None:
        self._interpret = interpret
        self._decoder = FieldDecoder(most_bytes // _ENTRY_BYTES)
        self.kept: dict[bytes, Meaning] = {}

    def read(self, block: bytes) -> Meaning:
        """Decode a block.

        Raises:
            ConnectionFault: it is no HPACK, or has more fields than any request needs.
        """
        changes = self._decoder.changes
        meaning = self._interpret(self._decoder.decode(block))
        changed = self._decoder.changes != changes
        if changed or len(self.kept) >= _MOST_KEPT:
            self.kept.clear()
        if not changed and len(block) <= _MOST_KEPT_BYTES:
            self.kept[block] = meaning
        return meaning


def size_of(headers: Headers) -> int:
    """Return the size that SETTINGS_MAX_HEADER_LIST_SIZE bounds."""
    return sum(len(name) + len(value) + _ENTRY_BYTES for name, value in headers)


class Block:
    """Headers to send, encoded once for any connection: no field enters a dynamic table.

    A frame of them is `before` (length, type and flags), the stream's four bytes, and `fields`.
    """

    __slots__ = ("before", "fields")

    def __init__(self, fields: bytes, *, ends: bool) -> None:
        flags = END_HEADERS | (END_STREAM if ends else 0)
        self.before = (len(fields) << 8 | HEADERS).to_bytes(4, "big") + bytes([flags])
        self.fields = fields

    @classmethod
    def of(cls, headers: Iterable[tuple[str, str]], *, ends: bool = False) -> Block:
        """Encode headers; `ends` says that nothing follows them on the stream."""
        return cls(encoded(headers), ends=ends)

    def and_also(self, name: str, value: str) -> Block:
        """Return these headers and one more."""
        return Block(self.fields + encoded([(name, value)]), ends=bool(self.before[4] & END_STREAM))


def encoded(headers: Iterable[tuple[str, str]]) -> bytes:
    """Encode headers without use of any dynamic table (RFC 7541, section 6.2.3)."""
    fields = [NeverIndexedHeaderTuple(name, value) for name, value in headers]
    return _encoder.encode(fields, huffman=False)


_encoder = Encoder()
