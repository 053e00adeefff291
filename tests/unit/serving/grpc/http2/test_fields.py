import pytest
from hpack import Decoder, Encoder, HPACKError
from hypothesis import given
from hypothesis import strategies as st

from serving.grpc.http2.errors import ConnectionFault, ErrorCode
from serving.grpc.http2.fields import FieldDecoder

NAMES = st.sampled_from([b":path", b"te", b"x-request-id", b"content-type"]) | st.binary(min_size=1, max_size=6)
VALUES = st.sampled_from([b"trailers", b""]) | st.binary(max_size=200)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=8)


@given(st.lists(st.tuples(FIELDS, st.booleans(), st.none() | st.integers(0, 4096)), max_size=8))
def test_what_an_encoder_wrote_is_read(blocks):
    encoder, decoder = Encoder(), FieldDecoder(100)
    for fields, huffman, table_size in blocks:
        if table_size is not None:
            encoder.header_table_size = table_size
        assert decoder.decode(encoder.encode(fields, huffman=huffman)) == fields


@given(
    st.lists(
        st.binary(max_size=30)
        | st.lists(st.sampled_from([0x82, 0x40, 0x01, 0x61, 0xBE, 0x20]), max_size=12).map(bytes),
        max_size=4,
    )
)
def test_any_bytes_mean_what_hpack_reads_in_them(blocks):
    reference, decoder = Decoder(), FieldDecoder(100)
    for block in blocks:
        try:
            expected = reference.decode(block, raw=True)
        except (HPACKError, IndexError):
            with pytest.raises(ConnectionFault):
                decoder.decode(block)
            return
        assert decoder.decode(block) == expected


# RFC 7541, appendix C.4: requests with Huffman code, on one connection.
EXAMPLES = [
    ("828684418cf1e3c2e5f23a6ba0ab90f4ff", [(b":authority", b"www.example.com")]),
    ("828684be5886a8eb10649cbf", [(b":authority", b"www.example.com"), (b"cache-control", b"no-cache")]),
    (
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        [(b":authority", b"www.example.com"), (b"custom-key", b"custom-value")],
    ),
]


def test_the_examples_of_the_rfc():
    decoder = FieldDecoder(100)
    for block, last in EXAMPLES:
        assert decoder.decode(bytes.fromhex(block))[3:] == last
    assert decoder.changes == 3


def test_rejects_a_block_of_very_many_fields():
    with pytest.raises(ConnectionFault) as caught:
        FieldDecoder(100).decode(b"\x82" * 101)
    assert caught.value.code is ErrorCode.ENHANCE_YOUR_CALM


@pytest.mark.parametrize(
    "block", [b"\x80", b"\xff\xff\xff\xff\xff\xff\x01", b"\x3f\xe2\x1f", b"\x82\x20", b"\x40\x01"]
)
def test_rejects_what_is_no_hpack(block):
    with pytest.raises(ConnectionFault) as caught:
        FieldDecoder(100).decode(block)
    assert caught.value.code is ErrorCode.COMPRESSION_ERROR
