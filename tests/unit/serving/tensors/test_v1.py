"""KServe's V1 protocol: rows in, predictions out."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.tensors.v1_answer import write_v1_answer
from serving.tensors.v1_request import read_v1_request
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from tests.support.signatures import plan_of

FEATURES = plan_of([("x", "FP32", (-1, 3))])
COLUMNS = plan_of([("distance", "FP32", (-1, 1)), ("carrier", "BYTES", (-1, 1)), ("hour", "INT64", (-1,))])
IMAGE = plan_of([("image", "UINT8", (-1, 2, 2))])
MIXED = plan_of([("x", "FP32", (-1, 2)), ("flag", "BOOL", (-1,))])


def read(content, plan):
    question = read_v1_request(json.dumps(content).encode(), plan)
    return {name: values.tolist() for name, values in question.inputs.items()}


def test_rows_are_lists_of_features():
    inputs = read_v1_request(b'{"instances":[[1,2.5,null],[4,5,6]]}', FEATURES).inputs

    assert inputs["x"].dtype == np.float32
    np.testing.assert_array_equal(inputs["x"], np.array([[1, 2.5, np.nan], [4, 5, 6]], np.float32))


@pytest.mark.parametrize(
    ("plan", "content", "inputs"),
    [
        (FEATURES, {"inputs": [[1, 2, 3]]}, {"x": [[1, 2, 3]]}),
        (FEATURES, {"instances": [{"x": [1, 2, 3]}]}, {"x": [[1, 2, 3]]}),
        (FEATURES, {"inputs": {"x": [[1, 2, 3]]}}, {"x": [[1, 2, 3]]}),
        (
            FEATURES,
            {"instances": [[1, 2, 3]], "parameters": {"any": [1]}, "signature_name": "s"},
            {"x": [[1, 2, 3]]},
        ),
        (IMAGE, {"instances": [[[1, 2], [3, 4]]]}, {"image": [[[1, 2], [3, 4]]]}),
        (plan_of([("s", "BYTES", (-1,))]), {"instances": ["a:b", ""]}, {"s": ["a:b", ""]}),
        (plan_of([("s", "BYTES", (-1, 1))]), {"instances": ["a", "b"]}, {"s": [["a"], ["b"]]}),
        (plan_of([("s", "FP64", (-1, 1))]), {"instances": [[1], [2]]}, {"s": [[1], [2]]}),
        (
            COLUMNS,
            {"instances": [[1, "AA", 7], [2, "UA", 8]]},
            {"distance": [[1], [2]], "carrier": [["AA"], ["UA"]], "hour": [7, 8]},
        ),
        (
            COLUMNS,
            {"instances": [{"carrier": ["AA"], "hour": 7, "distance": [1]}]},
            {"distance": [[1]], "carrier": [["AA"]], "hour": [7]},
        ),
        (
            COLUMNS,
            {"inputs": {"carrier": [["AA"], ["UA"]], "hour": [7, 8], "distance": [1, 2]}},
            {"distance": [[1], [2]], "carrier": [["AA"], ["UA"]], "hour": [7, 8]},
        ),
        (MIXED, {"instances": [{"x": [1, 2], "flag": True}]}, {"x": [[1, 2]], "flag": [True]}),
    ],
)
def test_rows_come_in_every_form_of_the_protocol(plan, content, inputs):
    assert read(content, plan) == inputs


@pytest.mark.parametrize(
    ("plan", "content", "words"),
    [
        (FEATURES, [], ("The request", "an object", "an array")),
        (FEATURES, {}, ("'instances' or 'inputs'", "neither")),
        (FEATURES, {"instances": [], "inputs": []}, ("'instances' or 'inputs'", "both")),
        (FEATURES, {"instances": []}, ("'instances'", "at least one row", "none")),
        (FEATURES, {"instances": {"x": [1]}}, ("'instances'", "an array", "an object")),
        (FEATURES, {"instances": [[1, 2]]}, ("Input 'x'", "FP32 of shape [-1, 3]", "shape [1, 2]")),
        (FEATURES, {"instances": [1, 2, 3]}, ("Input 'x'", "FP32 of shape [-1, 3]", "shape [3]")),
        (FEATURES, {"instances": [[1, 2, 3], [4, 5]]}, ("'x'", "nested arrays of shape [2, 3]")),
        (FEATURES, {"instances": [[1, 2, "3"]]}, ("'x'", "numbers or null (FP32)", '"3" at position 2')),
        (FEATURES, {"instances": [[1, 2, True]]}, ("'x'", "numbers or null (FP32)", "true at position 2")),
        (FEATURES, {"instances": [[1, 2, 1e39]]}, ("'x'", "finite values within FP32", "1e+39")),
        (FEATURES, {"inputs": {"y": [[1]]}}, ("unknown 'y'",)),
        (FEATURES, {"inputs": {"x": 1}}, ("Input 'x'", "an array", "a number")),
        (IMAGE, {"instances": [[[1, 2], [3, 256]]]}, ("'image'", "values that UINT8 can hold")),
        (
            COLUMNS,
            {"instances": [[1, "AA"]]},
            ("Row 0", "an array of 3: distance, carrier, hour", "an array of 2"),
        ),
        (COLUMNS, {"instances": [1]}, ("Row 0", "an array of 3", "a number")),
        (COLUMNS, {"instances": [[1, "AA", 7], {}]}, ("Row 1", "an array of 3", "an object")),
        (COLUMNS, {"instances": [{"distance": 1, "hour": 7}]}, ("Row 0", "missing 'carrier'")),
        (COLUMNS, {"instances": [{"distance": 1, "hour": 7, "carrier": "", "z": 1}]}, ("Row 0", "unknown 'z'")),
        (COLUMNS, {"instances": [[1, "AA", 7.0]]}, ("'hour'", "whole numbers (INT64)", "7.0 at position 0")),
        (COLUMNS, {"instances": [[1, None, 7]]}, ("'carrier'", "strings (BYTES)", "null")),
        (
            COLUMNS,
            {"instances": [[1, "AA", 7], [2, ["UA"], 8]]},
            ("'carrier'", "strings (BYTES)", "an array of 1"),
        ),
        (MIXED, {"instances": [[[1, 2], True]]}, ("The first row", "an object of x, flag", "an array")),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_place(plan, content, words):
    with pytest.raises(InferenceError) as caught:
        read(content, plan)

    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"instances":[[1,2,3]],"instances":[[1,2,3]]}', "'instances' twice"),
        (b'{"instances":[{"x":[1,2,3],"x":[1,2,3]}]}', "'x' twice"),
        (b'{"instances":[[1,2,NaN]]}', "NaN, which JSON does not have"),
        (b"\xff", "UTF-8"),
    ],
)
def test_bodies_that_are_not_json_are_refused(body, words):
    with pytest.raises(InferenceError, match=words):
        read_v1_request(body, FEATURES)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_instances_are_read_or_refused_never_worse(instances):
    for plan in (FEATURES, COLUMNS, IMAGE):
        for content in ({"instances": instances}, {"inputs": {"x": instances}}):
            with contextlib.suppress(InferenceError):
                read(content, plan)


def predictions(outputs, names):
    return json.loads(write_v1_answer(outputs, names))["predictions"]


def test_predictions_of_one_output_are_its_rows():
    assert predictions([np.array([[0.1, np.nan], [1, 2]], np.float32)], ("p",)) == [[0.1, None], [1, 2]]
    assert predictions([np.array([3, 4])], ("label",)) == [3, 4]
    assert predictions([np.array(["a", b"b"], object)], ("label",)) == ["a", "b"]


def test_predictions_of_several_outputs_are_objects():
    outputs = [
        np.array(["a", "b"], object),
        np.array([[0.1, np.inf], [1, 2]], np.float32),
        np.array([True, False]),
    ]

    assert predictions(outputs, ("label", "p", "sure")) == [
        {"label": "a", "p": [0.1, None], "sure": True},
        {"label": "b", "p": [1, 2], "sure": False},
    ]


def test_outputs_without_common_rows_are_given_whole():
    assert predictions([np.array([1, 2]), np.float32(0.5).reshape(())], ("a", "b")) == {"a": [1, 2], "b": 0.5}
    assert predictions([np.float32(0.5).reshape(())], ("b",)) == [0.5]


@pytest.mark.parametrize("datatype", [each for each in Datatype if each is not Datatype.BYTES])
def test_predictions_have_every_datatype(datatype):
    values = np.array([[0, 1], [1, 0]], dtype=datatype.numpy)

    assert predictions([values.T, values[:, 0]], ("a", "b")) == [{"a": [0, 1], "b": 0}, {"a": [1, 0], "b": 1}]


def test_predictions_have_the_integers_of_onnx_runtime():
    labels = np.array([3, 2**63 - 1], np.longlong)  # the same width as NumPy's int64, yet another type

    assert predictions([labels, labels], ("a", "b"))[1] == {"a": 2**63 - 1, "b": 2**63 - 1}
    assert predictions([labels[0].reshape(())], ("a",)) == [3]


def test_strings_that_are_no_text_are_refused():
    with pytest.raises(InferenceError, match=r"Output 'a' .*UTF-8.*0xff"):
        write_v1_answer([np.array([b"\xff"], object)], ("a",))
