"""Requests and answers in CSV."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.tensors.csv_answer import write_csv_answer
from serving.tensors.csv_request import read_csv_request
from slipway.errors import InferenceError
from tests.support.signatures import plan_of

FEATURES = plan_of([("x", "FP32", (-1, 3))])
ANY_WIDTH = plan_of([("x", "INT64", (-1, -1))])
COLUMNS = plan_of(
    [
        ("distance", "FP32", (-1, 1)),
        ("carrier", "BYTES", (-1, 1)),
        ("hour", "INT8", (-1,)),
        ("late", "BOOL", (-1,)),
    ]
)


def read(text, plan):
    question = read_csv_request(text.encode() if isinstance(text, str) else text, plan)
    return {name: values.tolist() for name, values in question.inputs.items()}


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_rows_of_features_are_read(end):
    inputs = read_csv_request(f"1,-2.5,3e2\n.5,,+1.{end}".encode(), FEATURES).inputs

    assert inputs["x"].dtype == np.float32
    np.testing.assert_array_equal(inputs["x"], np.array([[1, -2.5, 300], [0.5, np.nan, 1]], np.float32))


def test_the_first_row_gives_a_free_width():
    assert read("1,2\n3,4", ANY_WIDTH) == {"x": [[1, 2], [3, 4]]}


def test_columns_are_the_inputs_in_order():
    assert read('100, AA ,7,true\n2e3,"U,""A",-8,False', COLUMNS) == {
        "distance": [[100], [2000]],
        "carrier": [[" AA "], ['U,"A']],
        "hour": [7, -8],
        "late": [True, False],
    }


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_line_of_names_gives_the_order(mark):
    assert read(mark + "late,carrier, hour,distance\ntrue,ü,7,1".encode(), COLUMNS) == {
        "distance": [[1]],
        "carrier": [["ü"]],
        "hour": [7],
        "late": [True],
    }


def test_a_missing_number_is_nan_and_a_missing_text_empty():
    inputs = read_csv_request(b",,7,true\nNaN,nan,8,true", COLUMNS).inputs

    assert np.isnan(inputs["distance"]).all()
    assert inputs["carrier"].tolist() == [[""], ["nan"]]


@pytest.mark.parametrize(
    ("plan", "text", "words"),
    [
        (FEATURES, "", ("The body", "at least one row", "none")),
        (FEATURES, "\n\n", ("The body", "at least one row", "none")),
        (FEATURES, "1,2", ("Line 1", "3 values (input 'x')", "got 2")),
        (FEATURES, "1,2,3\n\n4,5,6", ("Line 2", "3 values", "got 0")),
        (FEATURES, "1,2,3\n4,5,6,7", ("Line 2", "3 values", "got 4")),
        (FEATURES, "1,2,3\n4,x,6", ("Line 2, column 2 (input 'x')", "numbers, or nothing (FP32)", "'x'")),
        (FEATURES, "1,2,1_0", ("Line 1, column 3", "numbers", "'1_0'")),
        (FEATURES, "1,2,0x1", ("Line 1, column 3", "numbers", "'0x1'")),
        (FEATURES, "1,2,inf", ("Line 1, column 3", "numbers", "'inf'")),
        (FEATURES, "1,2,1e39", ("Line 1, column 3", "finite values (FP32)", "'1e39'")),
        (FEATURES, "1,2,1e999", ("Line 1, column 3", "finite values (FP32)", "'1e999'")),
        (FEATURES, "1,2,\u0663", ("Line 1, column 3", "numbers", "'\u0663'")),
        (FEATURES, "a,b,c\n1,2,3", ("Line 1, column 1", "numbers", "'a'")),
        (FEATURES, '1,2,"3', ("Line 1", "CSV")),
        (FEATURES, '1,2,"3"4', ("Line 1", "CSV")),
        (FEATURES, b"1,2,\xff", ("UTF-8", "byte 0xff at position 4")),
        (COLUMNS, "1,AA,7.0,true", ("Line 1, column 3 (input 'hour')", "whole numbers (INT8)", "'7.0'")),
        (COLUMNS, "1,AA,128,true", ("Line 1, column 3 (input 'hour')", "from -128 to 127", "'128'")),
        (COLUMNS, "1,AA,,true", ("Line 1, column 3 (input 'hour')", "whole numbers", "''")),
        (COLUMNS, "1,AA,7,1", ("Line 1, column 4 (input 'late')", "true or false (BOOL)", "'1'")),
        (COLUMNS, "1,AA,7", ("Line 1", "4 values (distance, carrier, hour, late)", "got 3")),
        (COLUMNS, "distance,carrier,hour,late", ("at least one row after the names", "none")),
        (COLUMNS, "hour,late,carrier,distance\n1,true,AA,x", ("Line 2, column 4 (input 'distance')", "'x'")),
        (plan_of([("i", "FP32", (-1, 2, 2))]), "1", ("cannot be asked in CSV", "'i' of shape [-1, 2, 2]")),
        (plan_of([("a", "FP32", (-1, 2)), ("b", "FP32", (-1,))]), "1", ("cannot be asked in CSV", "'a' of shape")),
    ],
)
def test_cells_that_do_not_fit_are_refused_by_line_and_column(plan, text, words):
    with pytest.raises(InferenceError) as caught:
        read(text, plan)

    for word in words:
        assert word in str(caught.value)


@given(st.text(alphabet='1a.,"\n\r-e \0é') | st.binary())
def test_any_text_is_read_or_refused_never_worse(text):
    for plan in (FEATURES, ANY_WIDTH, COLUMNS):
        with contextlib.suppress(InferenceError):
            read(text, plan)


def test_an_answer_has_a_line_a_row():
    outputs = [
        np.array([3, 4]),
        np.array([[0.1, np.nan], [1, np.inf]], np.float32),
        np.array(['a,"b', b"c"], object),
    ]

    assert write_csv_answer(outputs, ("label", "p", "s")) == b'3,0.1,,"a,""b"\n4,1.0,,c\n'


def test_a_slice_is_written_row_by_row():
    assert write_csv_answer([np.arange(8)[::2].reshape(2, 2).T], ("a",)) == b"0,4\n2,6\n"


@given(st.lists(st.floats(width=32, allow_infinity=False), min_size=3, max_size=3), st.integers(1, 3))
def test_numbers_read_back_as_they_were(row, rows):
    values = np.array([row] * rows, np.float32)

    read_back = read_csv_request(write_csv_answer([values], ("x",)), FEATURES).inputs["x"]

    np.testing.assert_array_equal(read_back, values)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_text_reads_back_as_it_was(texts):
    plan = plan_of([("a", "BYTES", (-1, 1)), ("b", "BYTES", (-1, 1))])
    values = np.array([[text] for text in texts], object)
    body = write_csv_answer([values, np.array([["x"]] * len(texts), object)], ("a", "b"))

    if texts != ["b"]:
        assert read_csv_request(body, plan).inputs["a"].tolist() == values.tolist()


@pytest.mark.parametrize("outputs", [[np.zeros(2), np.zeros(3)], [np.array(1.0)]])
def test_outputs_without_common_rows_are_refused(outputs):
    with pytest.raises(InferenceError, match=r"cannot be written as CSV.*'a' of shape"):
        write_csv_answer(outputs, ("a", "b")[: len(outputs)])
