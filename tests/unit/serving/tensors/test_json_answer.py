"""Answers in JSON."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving.tensors.json_answer import JsonAnswer
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from tests.support.signatures import plan_of

PLAN = plan_of([], [("p", "FP32", (-1, 2)), ('q"', "BYTES", (-1,))])
ANSWER = JsonAnswer("flights", "7", PLAN)


def written(outputs, names, identifier=None):
    return json.loads(ANSWER.write(outputs, names, identifier))


def test_an_answer_names_the_model_and_echoes_the_id():
    content = written([np.array([[0.25, np.nan]], np.float32)], ("p",), 'q"1')

    assert list(content) == ["model_name", "model_version", "id", "outputs"]
    assert (content["model_name"], content["model_version"], content["id"]) == ("flights", "7", 'q"1')
    assert content["outputs"] == [{"name": "p", "datatype": "FP32", "shape": [1, 2], "data": [0.25, None]}]


def test_an_answer_to_a_request_without_id_has_none():
    assert "id" not in written([], ())


def test_outputs_stand_in_the_order_asked():
    content = written([np.array(["a"], object), np.zeros((1, 2), np.float32)], ('q"', "p"))

    assert [each["name"] for each in content["outputs"]] == ['q"', "p"]


def test_infinities_become_null():
    assert written([np.array([[np.inf, -np.inf]], np.float32)], ("p",))["outputs"][0]["data"] == [None, None]


def test_values_of_a_slice_are_flat_in_row_major_order():
    values = np.arange(12, dtype=np.float32).reshape(2, 6)[:, ::3]

    assert written([values], ("p",))["outputs"][0] == {
        "name": "p",
        "datatype": "FP32",
        "shape": [2, 2],
        "data": [0, 3, 6, 9],
    }


def test_strings_are_text_whether_the_model_gave_text_or_bytes():
    assert written([np.array(["ü", b"\xc3\xbc"], object)], ('q"',))["outputs"][0]["data"] == ["ü", "ü"]


@pytest.mark.parametrize(("value", "words"), [(b"\xff", ("UTF-8", "0xff")), ("\ud800", ("UTF-8", "surrogates"))])
def test_strings_that_are_no_text_are_refused_by_output(value, words):
    with pytest.raises(InferenceError) as caught:
        written([np.array([value], object)], ('q"',))

    for word in ("Output 'q\"'", "binary", *words):
        assert word in str(caught.value)


def test_shapes_beyond_those_kept_are_written_too():
    for rows in range(1, 100):
        assert written([np.zeros((rows, 2), np.float32)], ("p",))["outputs"][0]["shape"] == [rows, 2]


NUMBERS = [datatype for datatype in Datatype if datatype is not Datatype.BYTES]


@pytest.mark.parametrize("datatype", NUMBERS)
@given(data=st.data())
def test_every_number_reads_back_as_it_was(datatype, data):
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=3, max_side=3))
    values = data.draw(arrays.arrays(datatype.numpy, shape))
    plan = plan_of([], [("y", datatype, (-1,) * len(shape))])

    (output,) = json.loads(JsonAnswer("m", "1", plan).write([values], ("y",), None))["outputs"]

    read = np.array(output["data"], dtype=values.dtype).reshape(output["shape"])
    finite = np.where(np.isfinite(values), values, np.nan) if values.dtype.kind == "f" else values
    np.testing.assert_array_equal(read, finite)
