"""Rows from files: what is read, and what is refused with its place."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from slipway.cli.rows import batches, first_rows, read_rows, request_rows
from slipway.errors import DataError, InferenceError
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

SIGNATURE = ModelSignature(
    inputs=(
        TensorSpec(name="distance", datatype=Datatype.FP32, shape=(-1, 1)),
        TensorSpec(name="seats", datatype=Datatype.INT16, shape=(-1, 1)),
        TensorSpec(name="carrier", datatype=Datatype.BYTES, shape=(-1, 1)),
    ),
    outputs=(),
)
RECORDS = [{"distance": 100.5, "seats": 180, "carrier": "AA"}, {"distance": None, "seats": 5, "carrier": "NA"}]


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path):
    return {each.name: each.values.reshape(-1).tolist() for each in read_rows(path, SIGNATURE)}


def assert_the_two_records(found):
    assert found["distance"][0] == 100.5
    assert np.isnan(found["distance"][1])
    assert (found["seats"], found["carrier"]) == ([180, 5], ["AA", "NA"])


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "null", " "])
def test_csv_is_read_with_its_ways_of_missing_numbers(file, missing):
    text = f"carrier,extra,distance,seats\nAA,x,100.5,180\nNA,y,{missing},5\n"

    assert_the_two_records(read(file("rows.csv", text)))


def test_categories_of_digits_keep_their_zeros(file):
    assert read(file("rows.CSV", "distance,seats,carrier\n1,2,007\n"))["carrier"] == ["007"]


def test_an_empty_category_in_csv_is_the_missing_category(file):
    assert read(file("rows.csv", "distance,seats,carrier\n1,2,\n"))["carrier"] == [""]


def test_csv_of_a_spreadsheet_is_read_past_its_byte_order_mark(file):
    assert read(file("rows.csv", b"\xef\xbb\xbfdistance,seats,carrier\r\n1,2,AA\r\n"))["distance"] == [1.0]


def test_parquet_is_read(tmp_path):
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.Table.from_pylist(RECORDS).append_column("extra", pa.array([None, None])), path)

    assert_the_two_records(read(path))


@pytest.mark.parametrize(
    "text",
    [json.dumps(RECORDS), "\n".join(map(json.dumps, RECORDS)), "\n\n".join(map(json.dumps, RECORDS)) + "\n"],
    ids=["list", "lines", "spaced lines"],
)
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.ndjson"])
def test_json_records_are_read_as_a_list_or_line_by_line(file, name, text):
    assert_the_two_records(read(file(name, text)))


def test_a_key_that_only_some_records_lack_is_a_missing_value(file):
    records = [RECORDS[0], {"seats": 5, "carrier": "NA"}]

    assert_the_two_records(read(file("rows.json", json.dumps(records))))


def test_a_request_of_the_protocol_is_taken_as_it_is(file):
    request = {"inputs": [{"name": "any", "shape": [2, 1], "datatype": "INT64", "data": [[1], [2]]}]}

    rows = read_rows(file("request.json", json.dumps(request)), SIGNATURE)

    assert [(each.name, each.datatype, each.values.tolist()) for each in rows] == [("any", "INT64", [[1], [2]])]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.csv", "", ("is empty",)),
        ("rows.csv", "distance,seats,carrier\n", ("has no rows",)),
        ("rows.csv", "distance,seats,carrier\n1,2\n", ("cannot be read", "CSV", "Expected 3 columns, got 2")),
        ("rows.csv", b"distance,seats,carrier\n1,2,\xff\n", ("cannot be read", "UTF8")),
        ("rows.csv", "distance,seats,carrier\n1,2,a\nfar,2,a\n", ("'distance'", "FP32", "'far' in row 2")),
        ("rows.csv", "distance,seats,carrier\n1,2.5,a\n", ("'seats'", "INT16", "'2.5' in row 1")),
        ("rows.csv", "distance,seats,carrier\n1,40000,a\n", ("'seats'", "INT16", "'40000' in row 1")),
        ("rows.csv", "distance,seats,carrier\ninf,2,a\n", ("'distance'", "infinity in row 1")),
        ("rows.csv", "distance,seats,carrier\n1,2,a\n1e39,2,a\n", ("'distance'", "infinity in row 2")),
        ("rows.csv", "distance,seats,carrier,seats\n1,2,a,3\n", ("'seats' twice",)),
        ("rows.json", "[", ("cannot be read", "JSON")),
        ("rows.json", "[" * 100_000, ("cannot be read", "JSON")),
        ("rows.json", b'"\xff"', ("cannot be read", "UTF-8")),
        ("rows.json", "3", ("holds no rows", "a list of objects", "int")),
        ("rows.json", "[1]", ("holds no rows", "a list of objects")),
        ("rows.json", "[]", ("holds no rows", "a JSON list")),
        ("rows.json", '[\n{"distance": 1}\n', ("cannot be read", "JSON", "line 3")),
        ("rows.json", '{"inputs": 3}', ("no request", "each with name")),
        ("rows.json", '{"inputs": []}', ("has no rows",)),
        ("rows.json", '{"inputs": [{"name": "x"}]}', ("no request", "datatype")),
        ("rows.jsonl", '{"distance": 1}\n{"distance":', ("cannot be read", "JSON in line 2")),
        (
            "rows.json",
            json.dumps([RECORDS[0], RECORDS[0] | {"distance": "far"}]),
            ("'distance'", "'far' in row 2"),
        ),
        ("rows.json", json.dumps([RECORDS[0] | {"carrier": 7}]), ("'carrier'", "BYTES", "7 in row 1")),
        ("rows.json", json.dumps([RECORDS[0] | {"seats": 10**40}]), ("'seats'", "in row 1")),
        ("rows.parquet", "not parquet", ("cannot be read", "Parquet")),
        ("rows.xlsx", "x", ("unknown kind", ".csv", ".xlsx")),
        ("rows", "x", ("unknown kind", "no extension")),
    ],
)
def test_a_bad_file_is_refused_with_the_place(file, name, content, words):
    with pytest.raises(DataError) as caught:
        read_rows(file(name, content), SIGNATURE)

    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", "distance,carrier\n1,AA\n"),
        ("rows.csv", "distance;seats;carrier\n1;2;AA\n"),
        ("rows.json", '[{"distance": 1, "carrier": "AA"}]'),
        ("rows.json", '[{"other": 1}]'),
    ],
)
def test_missing_columns_are_named(file, name, content):
    with pytest.raises(InferenceError, match=r"lack \d of the model's inputs: .*seats"):
        read_rows(file(name, content), SIGNATURE)


def test_whole_numbers_have_no_missing_value(file):
    with pytest.raises(InferenceError, match="INT16"):
        read_rows(file("rows.csv", "distance,seats,carrier\n1,,AA\n"), SIGNATURE)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(DataError, match=str(path)):
            read_rows(path, SIGNATURE)


def test_inputs_of_different_length_are_refused():
    tensors = [
        {"name": name, "shape": [n], "datatype": "INT64", "data": [1] * n} for name, n in (("a", 1), ("b", 2))
    ]

    with pytest.raises(DataError, match="differ in rows"):
        request_rows({"inputs": tensors}, "request")


def test_batches_hold_every_row_once_in_order():
    data = list(range(2500))
    rows = request_rows({"inputs": [{"name": "x", "shape": [2500], "datatype": "INT64", "data": data}]}, "request")

    sizes, seen = zip(*((len(batch[0].values), batch[0].values.tolist()) for batch in batches(rows)), strict=True)

    assert sizes == (1000, 1000, 500)
    assert [value for values in seen for value in values] == data
    assert first_rows(rows, 3)[0].values.tolist() == [0, 1, 2]
