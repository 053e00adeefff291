"""Data classes from JSON: every field, of its type, and no other."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Literal

import pytest

from slipway.records import read_record


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Circle:
    radius: float
    kind: Literal["circle"] = "circle"


@dataclass(frozen=True)
class Square:
    side: int
    kind: Literal["square"] = "square"


@dataclass(frozen=True)
class Drawing:
    shapes: dict[str, Circle | Square]
    colours: tuple[Colour, ...] = ()
    name: str = ""
    is_old: bool = False


def test_a_record_survives_its_json():
    drawing = Drawing({"a": Circle(1.5), "b": Square(2)}, (Colour.RED,), "x", is_old=True)
    content = asdict(drawing)
    assert read_record(Drawing, {**content, "colours": list(content["colours"])}) == drawing


def test_a_whole_number_is_read_as_a_float_where_one_is_due():
    radius = read_record(Circle, {"radius": 1}).radius
    assert (radius, type(radius)) == (1.0, float)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "it is not an object"),
        ({}, "lacks the field 'shapes'"),
        ({"shapes": {}, "size": 1}, "unknown field 'size'"),
        ({"shapes": []}, "shapes is not an object"),
        ({"shapes": {"a": {"radius": "1"}}}, r"shapes\['a'\]\.radius is not a number: '1'"),
        ({"shapes": {"a": {"side": True}}}, r"shapes\['a'\]\.side is not a whole number: True"),
        ({"shapes": {"a": {"side": 1, "kind": "circle"}}}, "kind is not 'square'"),
        ({"shapes": {}, "colours": ["red", "blue"]}, r"colours\[1\] is not one of red: 'blue'"),
        ({"shapes": {}, "colours": "red"}, "colours is not an array"),
        ({"shapes": {}, "name": None}, "name is not a string: None"),
        ({"shapes": {}, "is_old": 1}, "is_old is not true or false: 1"),
    ],
)
def test_what_does_not_fit_is_named(content, words):
    with pytest.raises(ValueError, match=words):
        read_record(Drawing, content)
