from pathlib import Path

import pyarrow as pa
import pytest

from slipway.data.croissant import ColumnInfo, DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.query import transform
from slipway.data.writer import write_dataset
from slipway.errors import DatasetError


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    with write_dataset(tmp_path / "raw", DatasetDescription(name="raw", licence="CC0-1.0"), step="test") as writer:
        writer.write("trips", pa.table({"id": [3, 1, 2], "place": ["b", "a", "zz"]}))
        writer.write("places", pa.table({"place": ["a", "b"], "height": [10.0, 20.0]}))
    return Dataset.open(tmp_path / "raw")


QUERY = "SELECT id, height FROM trips LEFT JOIN places USING (place)"


def test_tables_are_joined_and_sorted_by_the_key(dataset: Dataset, tmp_path: Path) -> None:
    about = {"height": ColumnInfo(type="float64", unit="feet")}
    joined = transform(dataset, QUERY, tmp_path / "joined", name="trips", key=["id"], about=about)
    assert joined.read().to_pylist() == [
        {"id": 1, "height": 10.0},
        {"id": 2, "height": None},
        {"id": 3, "height": 20.0},
    ]
    assert joined.tables["trips"].columns["height"].unit == "feet"
    assert joined.ancestry[0].digest == dataset.digest


def test_a_key_that_repeats_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"The key \(one\) does not name one row.*3 rows"):
        transform(dataset, "SELECT 1 AS one FROM trips", tmp_path / "out", name="out", key=["one"])


def test_a_query_that_fails_lists_the_tables(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="trips, places"):
        transform(dataset, "SELECT * FROM nothing", tmp_path / "out", name="out", key=["id"])


def test_no_rows_is_an_error(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="gives no rows"):
        transform(dataset, QUERY + " WHERE id > 9", tmp_path / "out", name="out", key=["id"])


@pytest.mark.parametrize(
    "query", ["SELECT * FROM read_csv('{file}')", "COPY trips TO '{file}'", "SELECT * FROM '{file}'"]
)
def test_a_query_sees_nothing_of_the_machine(dataset: Dataset, tmp_path: Path, query: str) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("id\n1\n")
    with pytest.raises(DatasetError):
        transform(dataset, query.format(file=file), tmp_path / "out", name="out", key=["id"])
    assert file.read_text() == "id\n1\n"
    assert not (tmp_path / "out").exists()
