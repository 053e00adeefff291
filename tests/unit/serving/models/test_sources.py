"""Reading where a model comes from."""

import pytest

from serving.models.sources import ModelSource, parse_source, sources_in
from slipway.errors import UsageError
from tests.support.plain_models import save, scaling


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flights=/models/a", ModelSource("flights", "/models/a")),
        ("flights:7=/models/a", ModelSource("flights", "/models/a", "7")),
        ("flights=s3://bucket/a=b", ModelSource("flights", "s3://bucket/a=b")),
        ("flights=models:/flight-delay@champion", ModelSource("flights", "models:/flight-delay@champion")),
        ("models:/flight delay@champion", ModelSource("flight-delay", "models:/flight delay@champion")),
        ("models:/flights/3", ModelSource("flights", "models:/flights/3")),
        ("runs:/0a1b/bundle", ModelSource("bundle", "runs:/0a1b/bundle")),
        ("s3://bucket/models/flights/", ModelSource("flights", "s3://bucket/models/flights/")),
        ("/models/flights.onnx", ModelSource("flights", "/models/flights.onnx")),
        ("./models/a=b", ModelSource("a-b", "./models/a=b")),
    ],
)
def test_a_source_is_a_name_and_an_address(text, expected):
    assert parse_source(text) == expected


def test_a_name_and_a_version_may_be_given_beside_the_address():
    assert parse_source("/models/a", name="flights", version="7") == ModelSource("flights", "/models/a", "7")


def test_a_file_address_is_a_place():
    assert str(ModelSource("a", "file:///models/a%20b").place) == "/models/a b"


@pytest.mark.parametrize("name", ["", "../x", "a b", "é", "a\r\nb", ".x"])
def test_a_name_that_cannot_stand_in_a_url_is_refused(name):
    with pytest.raises(UsageError, match="cannot stand in a URL"):
        parse_source("/models/a", name=name or ".")
    with pytest.raises(UsageError, match="version cannot stand in a URL"):
        parse_source("/models/a", name="a", version=name or "")


@pytest.mark.parametrize("address", ["gs://bucket/a", "http://host/model.onnx", "hf://org/model", ""])
def test_an_unknown_kind_of_address_is_refused(address):
    with pytest.raises(UsageError, match="is not the address of a model: expected a folder"):
        ModelSource("a", address)


@pytest.mark.parametrize("address", ["s3://key:secret@bucket/a", "https://key:secret@host/a"])
def test_credentials_in_an_address_are_refused_and_not_repeated(address):
    with pytest.raises(UsageError, match="holds credentials") as caught:
        parse_source(f"a={address}")
    assert "secret" not in str(caught.value)


def test_each_folder_in_a_folder_is_a_model(tmp_path):
    save(tmp_path / "b" / "model.onnx", scaling())
    save(tmp_path / "a" / "1" / "model.onnx", scaling())
    save(tmp_path / ".hidden" / "model.onnx", scaling())
    (tmp_path / "empty").mkdir()
    assert [(source.name, source.place) for source in sources_in(tmp_path)] == [
        ("a", tmp_path / "a"),
        ("b", tmp_path / "b"),
    ]


def test_a_folder_that_is_a_model_is_that_model(tmp_path):
    save(tmp_path / "flights" / "model.onnx", scaling())
    assert [source.name for source in sources_in(tmp_path / "flights")] == ["flights"]
    assert sources_in(tmp_path / "flights", name="delay", version="7") == (
        ModelSource("delay", str(tmp_path / "flights"), "7"),
    )


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="There is no folder"):
        sources_in(tmp_path / "absent")
