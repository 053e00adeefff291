from urllib.parse import unquote

import pytest
from hpack import Decoder

from serving.grpc.status import Code, percent_encoded, trailers, trailers_only


@pytest.mark.parametrize(
    ("message", "encoded"),
    [
        ("plain text, 'quoted' [1, 2] ~", "plain text, 'quoted' [1, 2] ~"),
        ("100%", "100%25"),
        ("ä\n\x7f", "%C3%A4%0A%7F"),
        ("", ""),
    ],
)
def test_messages_are_percent_encoded(message, encoded):
    assert percent_encoded(message) == encoded
    assert unquote(encoded) == message


def test_a_half_of_a_character_becomes_a_question_mark():
    assert percent_encoded("\ud800") == "?"


@pytest.mark.parametrize("padding", range(3))
def test_long_messages_are_cut_between_characters(padding):
    encoded = percent_encoded("x" * padding + "ä" * 5000)
    assert len(encoded) <= 4096
    assert unquote(encoded, errors="replace").strip("x\N{REPLACEMENT CHARACTER}") == "ä" * (len(encoded) // 6)


def test_trailers_carry_status_and_metadata():
    block = trailers(Code.RESOURCE_EXHAUSTED, "full", (("retry-after", "1"),))
    assert Decoder().decode(block.fields) == [
        ("grpc-status", "8"),
        ("grpc-message", "full"),
        ("retry-after", "1"),
    ]
    alone = dict(Decoder().decode(trailers_only(Code.NOT_FOUND, "none").fields))
    assert alone == {
        ":status": "200", "content-type": "application/grpc", "grpc-status": "5", "grpc-message": "none"
    }  # fmt: skip
