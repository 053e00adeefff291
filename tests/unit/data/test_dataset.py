import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.data.croissant import METADATA_FILE, ColumnInfo, DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.provenance import SourceFile
from slipway.data.writer import write_dataset
from slipway.errors import DatasetError

ABOUT = DatasetDescription(
    name="flights", description="Some flights", licence="CC0-1.0", url="https://example.com"
)
ROWS = pa.table({"carrier": ["AA", None, "UA"], "distance": pa.array([100.0, 200.0, None], pa.float32())})


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    columns = {"distance": ColumnInfo(type="float32", description="How far", unit="miles")}
    source = SourceFile(url="https://example.com/flights.csv", sha256="0" * 64, licence="CC0-1.0")
    with write_dataset(tmp_path / "flights", ABOUT, step="collect", sources=[source]) as writer:
        writer.write("flights", ROWS, columns)
    return Dataset.open(tmp_path / "flights", verify=True)


def test_what_was_written_is_read_back(dataset: Dataset) -> None:
    assert dataset.read().equals(ROWS)
    assert dataset.rows == 3
    assert pa.Table.from_batches(dataset.batches(batch_rows=2)).equals(ROWS)
    assert dataset.read(columns=["carrier"]).column_names == ["carrier"]


def test_metadata_are_a_croissant_document(dataset: Dataset) -> None:
    document = json.loads((dataset.path / METADATA_FILE).read_text())
    assert document["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert document["license"] == "CC0-1.0"
    assert document["distribution"][0]["contentUrl"] == "flights.parquet"
    fields = {field["name"]: field for field in document["recordSet"][0]["field"]}
    assert fields["distance"]["dataType"] == "sc:Float"
    assert fields["distance"]["description"] == "How far [miles]"
    assert fields["carrier"]["source"]["extract"] == {"column": "carrier"}


def test_ancestry_reaches_down_to_the_source(dataset: Dataset, tmp_path: Path) -> None:
    with write_dataset(
        tmp_path / "long", DatasetDescription(name="long"), step="filter", parents=[dataset]
    ) as writer:
        writer.write("long", ROWS.slice(1))
    child = Dataset.open(tmp_path / "long")
    assert [node.step for node in child.ancestry] == ["collect", "filter"]
    assert child.ancestry[1].parents == (dataset.digest,)
    assert child.ancestry[0].sources[0].url == "https://example.com/flights.csv"


def test_a_zone_is_stored_as_utc_and_a_dictionary_as_text(tmp_path: Path) -> None:
    at = pa.array([0], pa.timestamp("s", tz="America/New_York"))
    table = pa.table({"at": at, "kind": pa.array(["a"]).dictionary_encode()})
    with write_dataset(tmp_path / "times", ABOUT, step="test") as writer:
        writer.write("times", table)
    schema = Dataset.open(tmp_path / "times").schema()
    assert schema.field("at").type == pa.timestamp("us")
    assert schema.field("kind").type == pa.string()


def test_changed_values_are_found_and_named(dataset: Dataset) -> None:
    pq.write_table(ROWS.set_column(0, "carrier", pa.array(["AA", "B6", "UA"])), dataset.file("flights"))
    with pytest.raises(DatasetError, match=r"flights\.carrier") as caught:
        Dataset.open(dataset.path, verify=True)
    assert dataset.digest in str(caught.value)


def test_a_missing_table_is_named(dataset: Dataset) -> None:
    dataset.file("flights").unlink()
    with pytest.raises(DatasetError, match=r"lacks flights\.parquet"):
        Dataset.open(dataset.path)


def test_a_truncated_table_is_an_error_with_a_cure(dataset: Dataset) -> None:
    content = dataset.file("flights").read_bytes()
    dataset.file("flights").write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match="Run the step that writes it again"):
        Dataset.open(dataset.path, verify=True)


def test_a_wrong_column_lists_those_there_are(dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="lacks column 'tailnum'.*carrier, distance"):
        dataset.read(columns=["tailnum"])


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is not a dataset"):
        Dataset.open(tmp_path)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), write_dataset(tmp_path / "flights", ABOUT, step="test") as writer:
        writer.write("flights", ROWS)
        raise RuntimeError("interrupted")
    assert list(tmp_path.iterdir()) == []


def test_a_rewrite_replaces_the_whole_folder(dataset: Dataset) -> None:
    (dataset.path / "leftover").write_text("x")
    with write_dataset(dataset.path, ABOUT, step="test") as writer:
        writer.write("flights", ROWS)
    assert sorted(path.name for path in dataset.path.iterdir()) == [METADATA_FILE, "flights.parquet"]
    assert [path.name for path in dataset.path.parent.iterdir()] == ["flights"]


@pytest.mark.parametrize("column", [pa.array([[1]]), pa.array([b"x"]), pa.array([{"a": 1}])])
def test_columns_without_a_canonical_form_are_refused(tmp_path: Path, column: pa.Array) -> None:
    with (
        pytest.raises(DatasetError, match="'odd' cannot be stored"),
        write_dataset(tmp_path / "odd", ABOUT, step="test") as writer,
    ):
        writer.write("odd", pa.table({"odd": column}))


def test_batches_with_other_columns_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(DatasetError, match="other columns"),
        write_dataset(tmp_path / "two", ABOUT, step="test") as writer,
    ):
        writer.write("two", ROWS)
        writer.write("two", ROWS.rename_columns(["carrier", "miles"]))


def test_a_dataset_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no table"), write_dataset(tmp_path / "none", ABOUT, step="test"):
        pass


@pytest.mark.parametrize("name", ["../flights", "/flights", "two words", "", "1st", 'a"b'])
def test_a_table_name_that_is_no_plain_name_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(DatasetError, match="cannot name a table"),
        write_dataset(tmp_path / "inside" / "dataset", ABOUT, step="test") as writer,
    ):
        writer.write(name, ROWS)
    assert list(tmp_path.rglob("*.parquet")) == []
