import pytest
from hpack import Decoder, Encoder

from serving.grpc.http2.errors import ConnectionFault, ErrorCode
from serving.grpc.http2.frames import END_HEADERS, END_STREAM, HEADERS
from serving.grpc.http2.header_blocks import Block, HeaderBlocks, encoded, size_of

FIELDS = [(":method", "POST"), (":path", "/a"), ("x", "one")]
BYTES = [(name.encode(), value.encode()) for name, value in FIELDS]


class Blocks(HeaderBlocks):
    """Blocks that mean their headers, and what was decoded so far."""

    def __init__(self, most_bytes=1000):
        self.decoded = []
        super().__init__(lambda headers: self.decoded.append(headers) or tuple(headers), most_bytes)

    def ask(self, block):
        return self.kept.get(block) or self.read(block)


def test_a_block_of_indices_is_decoded_once():
    blocks, encoder = Blocks(), Encoder()
    for _ in range(5):
        assert list(blocks.ask(encoder.encode(FIELDS))) == BYTES
    assert len(blocks.decoded) == 2  # the first fills the table, the second is kept


def test_the_same_bytes_mean_other_headers_after_the_table_changed():
    blocks, encoder = Blocks(), Encoder()
    encoder.encode(FIELDS)
    blocks.ask(Encoder().encode(FIELDS))
    indices = encoder.encode(FIELDS)
    assert dict(blocks.ask(indices))[b"x"] == b"one"
    blocks.ask(encoder.encode([("x", "two"), ("y", "three")]))  # moves every index by two
    assert dict(blocks.ask(indices))[b"y"] == b"three"


def test_a_table_size_update_drops_what_was_kept():
    blocks, encoder = Blocks(), Encoder()
    blocks.ask(encoder.encode(FIELDS))
    indices = encoder.encode(FIELDS)
    blocks.ask(indices)
    encoder.header_table_size = 0
    blocks.ask(encoder.encode([(":method", "POST")]))
    assert not blocks.kept
    with pytest.raises(ConnectionFault):
        blocks.ask(indices)


def test_literals_that_enter_no_table_are_kept_within_bounds():
    blocks = Blocks()
    for number in range(1000):
        blocks.ask(encoded([("x", str(number))]))
    assert len(blocks.kept) <= 64
    blocks.ask(long := encoded([("x", "y" * 900)]))
    assert long not in blocks.kept


@pytest.mark.parametrize("block", [b"\xff", b"\xc0", b"\x00\x7f", b"\x82\x20", b"\x00\x81\xff\x00"])
def test_rejects_what_is_no_hpack(block):
    with pytest.raises(ConnectionFault) as caught:
        Blocks().read(block)
    assert caught.value.code is ErrorCode.COMPRESSION_ERROR


def test_rejects_a_small_block_that_expands_without_end():
    encoder = Encoder()
    blocks = Blocks(most_bytes=1000)
    blocks.read(encoder.encode([("x", "y" * 900)]))
    with pytest.raises(ConnectionFault) as caught:
        blocks.read(encoder.encode([("x", "y" * 900)]) * 1000)
    assert caught.value.code is ErrorCode.ENHANCE_YOUR_CALM


def test_the_size_of_headers_counts_thirty_two_bytes_for_each():
    assert size_of([(b"ab", b"c"), (b"", b"")]) == 67


def test_a_block_reads_the_same_on_every_connection():
    block = Block.of([(":status", "200"), ("grpc-status", "0")], ends=True)
    decoder = Decoder()
    for _ in range(2):
        assert decoder.decode(block.fields) == [(":status", "200"), ("grpc-status", "0")]
    assert not decoder.header_table.dynamic_entries
    assert block.before == bytes([0, 0, len(block.fields), HEADERS, END_HEADERS | END_STREAM])


def test_one_more_header_keeps_what_the_block_says_of_the_stream():
    more = Block.of([(":status", "200")], ends=True).and_also("x-request-id", "7")
    assert Decoder().decode(more.fields) == [(":status", "200"), ("x-request-id", "7")]
    assert more.before[4] & END_STREAM
    assert not Block.of([(":status", "200")]).and_also("a", "b").before[4] & END_STREAM
