import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from slipway.data.collect import collect, parse_source
from slipway.data.dataset import Dataset
from slipway.errors import SourceError

CSV = b"carrier,distance,at\nAA,100,2013-01-01T10:00:00Z\nNA,200,2013-01-01T11:00:00Z\n"
COLUMNS = {"carrier": {"type": "string"}, "distance": {"type": "int16"}, "at": {"type": "timestamp[us, tz=UTC]"}}


def source_of(file: Path, **changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "0" * 64
    table = {"url": file.as_uri(), "sha256": sha256, "columns": COLUMNS} | changes
    return {"name": "flights", "licence": "CC0-1.0", "tables": {"flights": table}}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "flights.csv"
    file.write_bytes(CSV)
    return file


def test_csv_becomes_a_typed_table(csv: Path, tmp_path: Path) -> None:
    dataset = collect(parse_source(source_of(csv)), tmp_path / "dataset")
    rows = dataset.read().to_pylist()
    assert [row["carrier"] for row in rows] == ["AA", None]
    assert [row["distance"] for row in rows] == [100, 200]
    assert str(rows[0]["at"]) == "2013-01-01 10:00:00"
    assert dataset.ancestry[0].sources[0].licence == "CC0-1.0"


def test_a_time_without_a_zone_is_taken_as_it_stands(csv: Path, tmp_path: Path) -> None:
    csv.write_bytes(CSV.replace(b"Z", b""))
    columns = COLUMNS | {"at": {"type": "timestamp[us]"}}
    dataset = collect(parse_source(source_of(csv, columns=columns)), tmp_path / "dataset")
    assert str(dataset.read()["at"][0]) == "2013-01-01 10:00:00"


def test_a_zip_of_one_csv_gives_the_same_dataset(csv: Path, tmp_path: Path) -> None:
    packed = tmp_path / "flights.csv.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("flights.csv", CSV)
    plain = collect(parse_source(source_of(csv)), tmp_path / "plain")
    assert collect(parse_source(source_of(packed)), tmp_path / "zipped").digest == plain.digest


def test_the_order_of_a_description_does_not_matter(csv: Path, tmp_path: Path) -> None:
    plain, turned = source_of(csv), source_of(csv, columns=dict(reversed(COLUMNS.items())))
    plain["tables"]["again"] = plain["tables"]["flights"]
    turned["tables"] = {"again": turned["tables"]["flights"]} | turned["tables"]
    collect(parse_source(plain), tmp_path / "plain")
    collect(parse_source(turned), tmp_path / "turned")
    metadata = [(tmp_path / name / "croissant.json").read_text() for name in ("plain", "turned")]
    assert metadata[0] == metadata[1]


def test_a_changed_file_is_refused_with_both_digests(csv: Path, tmp_path: Path) -> None:
    source = source_of(csv)
    csv.write_bytes(CSV + b"UA,1,2013-01-01T12:00:00Z\n")
    with pytest.raises(SourceError, match="not the file that was pinned") as caught:
        collect(parse_source(source), tmp_path / "dataset")
    assert source["tables"]["flights"]["sha256"] in str(caught.value)
    assert hashlib.sha256(csv.read_bytes()).hexdigest() in str(caught.value)
    assert not (tmp_path / "dataset").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv' is missing"):
        collect(parse_source(source_of(tmp_path / "nowhere.csv")), tmp_path / "dataset")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("package://no_such_package/flights.csv", "no such package"),
        ("package://pyarrow/no_such_file.csv", "no such file in it"),
        ("ftp://example.com/flights.csv", "expected a URL that starts with file://"),
        ("http://127.0.0.1:9/flights.csv", "unreachable"),
    ],
)
def test_a_source_that_cannot_be_opened_says_why(csv: Path, tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        collect(parse_source(source_of(csv, url=url)), tmp_path / "dataset")


def test_other_columns_than_described_are_refused(csv: Path, tmp_path: Path) -> None:
    columns = COLUMNS | {"tailnum": {"type": "string"}}
    with pytest.raises(SourceError, match="other columns than described.*tailnum"):
        collect(parse_source(source_of(csv, columns=columns)), tmp_path / "dataset")


def test_a_value_of_another_type_is_refused(csv: Path, tmp_path: Path) -> None:
    columns = COLUMNS | {"carrier": {"type": "int16"}}
    with pytest.raises(SourceError, match="cannot be read"):
        collect(parse_source(source_of(csv, columns=columns)), tmp_path / "dataset")


def test_a_file_without_rows_is_refused(csv: Path, tmp_path: Path) -> None:
    csv.write_bytes(b"carrier,distance,at\n")
    with pytest.raises(SourceError, match="no rows"):
        collect(parse_source(source_of(csv)), tmp_path / "dataset")


def test_an_unpinned_source_is_refused(csv: Path) -> None:
    content = source_of(csv)
    del content["tables"]["flights"]["sha256"]
    with pytest.raises(SourceError, match=r"tables\.flights\.sha256"):
        parse_source(content)


def test_the_flagship_source_is_what_it_was(nycflights: Dataset) -> None:
    assert {name: table.rows for name, table in nycflights.tables.items()} == {
        "flights": 336_776,
        "weather": 26_115,
        "planes": 3_322,
        "airports": 1_458,
    }
    assert nycflights.digest == "sha256:c56f58d5456497a098d43677b0a8ee08282b0604c29a0f20eca59c4aab28e0d3"
