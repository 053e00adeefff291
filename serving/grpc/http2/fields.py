"""Header blocks to fields (RFC 7541), on the table and the Huffman code of `hpack`.

Its own decoder takes four times as long, which counts behind proxies: they add a header of another
value to each request, so that hardly a block comes twice.
"""

from __future__ import annotations

from hpack import HPACKError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

from serving.grpc.http2.errors import ConnectionFault, ErrorCode

Headers = list[tuple[bytes, bytes]]

_INDEXED = 0x80  # section 6.1
_ENTERS_TABLE = 0x40  # section 6.2.1
_RESIZES_TABLE = 0x20  # section 6.3
_HUFFMAN = 0x80  # section 5.2
_MOST_CONTINUED = 5  # bytes of an integer after its first: more than any length here needs


class FieldDecoder:
    """Decodes the blocks of one peer, in order; `changes` counts what changed the dynamic table."""

    def __init__(self, most_fields: int) -> None:
        self.changes = 0
        self._most_fields = most_fields
        self._table = HeaderTable()
        self._most_table_bytes = self._table.maxsize

    def decode(self, block: bytes) -> Headers:
        """Return the fields of a block.

        Raises:
            ConnectionFault: it is no HPACK, or has more fields than any request needs.
        """
        try:
            return self._decode(block)
        except (IndexError, HPACKError) as error:
            raise ConnectionFault(ErrorCode.COMPRESSION_ERROR, "a header block is no HPACK") from error

    def _decode(self, block: bytes) -> Headers:
        fields: Headers = []
        entry = self._table.get_by_index
        position, end = 0, len(block)
        while position < end:
            first = block[position]
            if _INDEXED < first < 0xFF:  # nearly every field of a usual request
                fields.append(entry(first & 0x7F))
                position += 1
            elif first & _INDEXED:
                index, position = _integer(block, position, 0x7F)
                fields.append(entry(index))
            elif first & _ENTERS_TABLE or not first & _RESIZES_TABLE:
                position = self._literal(block, position, fields)
            else:
                position = self._resize(block, position, fields)
            if len(fields) > self._most_fields:
                raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a header block of too many fields")
        return fields

    def _literal(self, block: bytes, position: int, fields: Headers) -> int:
        enters = block[position] & _ENTERS_TABLE
        index, position = _integer(block, position, 0x3F if enters else 0x0F)
        if index:
            name = self._table.get_by_index(index)[0]
        else:
            name, position = _string(block, position)
        value, position = _string(block, position)
        fields.append((name, value))
        if enters:
            self.changes += 1
            self._table.add(name, value)
        return position

    def _resize(self, block: bytes, position: int, fields: Headers) -> int:
        size, position = _integer(block, position, 0x1F)
        if fields or size > self._most_table_bytes:  # section 4.2
            raise ConnectionFault(ErrorCode.COMPRESSION_ERROR, "a size of the header table that may not be")
        self.changes += 1
        self._table.maxsize = size
        return position


def _integer(block: bytes, position: int, mask: int) -> tuple[int, int]:
    """Read an integer (section 5.1); return it and where the next begins."""
    number = block[position] & mask
    position += 1
    if number < mask:
        return number, position
    for shift in range(0, 7 * _MOST_CONTINUED, 7):
        byte = block[position]
        position += 1
        number += (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
    raise IndexError(position)


def _string(block: bytes, position: int) -> tuple[bytes, int]:
    """Read a string (section 5.2); return it and where the next begins."""
    is_huffman = block[position] & _HUFFMAN
    length, start = _integer(block, position, 0x7F)
    end = start + length
    text = block[start:end]
    if len(text) != length:
        raise IndexError(end)
    return (bytes(decode_huffman(text)) if is_huffman else text), end
