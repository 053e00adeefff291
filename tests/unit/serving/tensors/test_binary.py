"""Requests and answers with raw tensors after their JSON."""

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving.tensors.binary_answer import BinaryAnswer
from serving.tensors.binary_request import read_binary_request
from serving.tensors.raw import read_raw, write_raw
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from tests.support.signatures import plan_of

PLAN = plan_of(
    [("x", "FP32", (-1, 2)), ("s", "BYTES", (-1,)), ("b", "BOOL", (-1,)), ("h", "BF16", (-1,))],
    [("p", "FP32", (-1, 2)), ("t", "BYTES", (-1,))],
)
X = {"name": "x", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
RAW = struct.pack("<2f", 1.5, -2)


def read(raw, *inputs, plan=PLAN, **more):
    text = json.dumps({"inputs": inputs, **more}).encode()
    return read_binary_request(text + raw, str(len(text)).encode(), plan)


def entry(name, datatype, shape, size):
    return {"name": name, "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": size}}


def test_raw_tensors_are_read_in_the_order_of_the_inputs():
    strings = b"\x02\0\0\0\xc3\xbc\0\0\0\0"
    question = read(
        RAW + strings + b"\1\0" + b"\x80\x3f\xc0\x7f",
        X,
        entry("s", "BYTES", [2], 10),
        entry("b", "BOOL", [2], 2),
        entry("h", "BF16", [2], 4),
    )

    np.testing.assert_array_equal(question.inputs["x"], np.array([[1.5, -2]], np.float32))
    assert question.inputs["s"].tolist() == ["ü", ""]
    assert question.inputs["b"].tolist() == [True, False]
    np.testing.assert_array_equal(question.inputs["h"], np.array([1, np.nan], np.float32))


def test_json_and_raw_inputs_mix():
    question = read(RAW, {"name": "b", "shape": [1], "datatype": "BOOL", "data": [True]}, X, id="7")

    assert question.inputs["b"].tolist() == [True]
    assert question.inputs["x"].tolist() == [[1.5, -2]]
    assert question.id == "7"


def test_a_body_without_raw_tensors_may_say_where_its_json_ends():
    question = read(b"", {"name": "b", "shape": [1], "datatype": "BOOL", "data": [True]})

    assert question.inputs["b"].tolist() == [True]


def test_raw_tensors_may_hold_what_json_cannot():
    values = read(struct.pack("<2f", np.nan, np.inf), X).inputs["x"]

    np.testing.assert_array_equal(values, np.array([[np.nan, np.inf]], np.float32))


@pytest.mark.parametrize("padding", range(4))
def test_values_lie_aligned_wherever_the_json_ends(padding):
    text = json.dumps({"inputs": [X]}).encode() + b" " * padding
    values = read_binary_request(bytearray(text + RAW), b"%d" % len(text), PLAN).inputs["x"]

    assert values.flags.aligned
    assert values.tolist() == [[1.5, -2]]


@pytest.mark.parametrize(
    ("raw", "inputs", "words"),
    [
        (RAW[:-1], [X], ("input 'x'", "8 bytes", "7 to the end of the body")),
        (RAW + b"!", [X], ("raw tensors", "1 more bytes")),
        (RAW, [entry("x", "FP32", [1, 2], 4)], ("Input 'x'", "8 bytes of FP32 for shape [1, 2]", "4 bytes")),
        (RAW, [entry("x", "FP32", [1, 2], -8)], ("input 'x'", "'binary_data_size'", "-8")),
        (RAW, [entry("x", "FP32", [1, 2], 8.0)], ("input 'x'", "'binary_data_size'", "8.0")),
        (RAW, [entry("x", "FP32", [1, 2], True)], ("input 'x'", "'binary_data_size'", "True")),
        (RAW, [entry("x", "FP64", [1, 2], 8)], ("Input 'x'", "datatype FP32", "'FP64'")),
        (RAW, [entry("x", "FP32", [2], 8)], ("Input 'x'", "FP32 of shape [-1, 2]", "shape [2]")),
        (RAW, [{**X, "data": [1, 2]}], ("Input 'x'", "'data' or 'binary_data_size'", "both")),
        (RAW + RAW, [X, X], ("each name once", "'x' twice")),
        (b"", [{**X, "parameters": {}}], ("Input 'x'", "'data'", "none")),
        (b"\2", [entry("b", "BOOL", [1], 1)], ("Input 'b'", "bytes 0 and 1 (BOOL)")),
        (b"\2\0\0", [entry("s", "BYTES", [1], 3)], ("Input 's'", "4 bytes of length", "3 at string 0")),
        (b"\2\0\0\0a", [entry("s", "BYTES", [1], 5)], ("Input 's'", "2 bytes of string 0", "1")),
        (b"\1\0\0\0\xff", [entry("s", "BYTES", [1], 5)], ("Input 's'", "UTF-8", "byte 0xff at position 0")),
        (b"\1\0\0\0a", [entry("s", "BYTES", [2], 5)], ("Input 's'", "2 strings", "1")),
        (b"\0\0\0\0\0\0\0\0", [entry("s", "BYTES", [1], 8)], ("Input 's'", "the end after 1 strings", "4 more")),
        (b"", [entry("s", "BYTES", [1], 0)], ("Input 's'", "1 strings", "0")),
    ],
)
def test_sizes_and_bytes_that_do_not_fit_are_refused_by_input(raw, inputs, words):
    with pytest.raises(InferenceError) as caught:
        read(raw, *inputs)

    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("length", [b"", b"-1", b"9", b"1e1", b"0x1", b"1" * 5000, b"\xb2", b"1_0"])
def test_a_length_of_the_json_that_cannot_be_is_refused(length):
    with pytest.raises(InferenceError, match=r"Inference-Header-Content-Length of at most 8"):
        read_binary_request(b"12345678", length, PLAN)


def test_a_header_that_ends_within_the_json_is_refused():
    text = json.dumps({"inputs": [X]}).encode()

    with pytest.raises(InferenceError, match="expected JSON"):
        read_binary_request(text + RAW, str(len(text) - 1).encode(), PLAN)


def test_raw_bytes_alone_are_the_only_input():
    question = read_binary_request(RAW + RAW, b"0", plan_of([("x", "FP32", (-1, 2))]))

    assert question.inputs["x"].tolist() == [[1.5, -2], [1.5, -2]]
    assert question.form.binary_outputs is True


@pytest.mark.parametrize(
    ("plan", "raw"),
    [
        (PLAN, RAW),
        (plan_of([("s", "BYTES", (-1,))]), RAW),
        (plan_of([("x", "FP32", (-1, -1))]), RAW),
        (plan_of([("x", "FP32", (-1, 2))]), RAW[:-1]),
        (plan_of([("x", "FP32", (-1, 2))]), b""),
    ],
)
def test_raw_bytes_alone_that_tell_no_shape_are_refused(plan, raw):
    with pytest.raises(InferenceError):
        read_binary_request(raw, b"0", plan)


def parsed(body, length):
    return json.loads(body[:length]), body[length:]


def test_outputs_follow_their_json_raw():
    answer = BinaryAnswer("flights", "7", PLAN)
    outputs = [np.array([[1.5, -2]], np.float32), np.array(["ü", b"\xff"], object)]

    content, raw = parsed(*answer.write(outputs, ("p", "t"), "q", True))

    assert (content["model_name"], content["model_version"], content["id"]) == ("flights", "7", "q")
    assert content["outputs"] == [
        {"name": "p", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}},
        {"name": "t", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": 11}},
    ]
    assert raw == RAW + b"\x02\0\0\0\xc3\xbc" + b"\x01\0\0\0\xff"


@pytest.mark.parametrize("binary", [frozenset({"t"}), False])
def test_outputs_not_asked_for_as_binary_stay_json(binary):
    outputs = [np.array([[1.5, np.nan]], np.float32), np.array(["a"], object)]

    content, raw = parsed(*BinaryAnswer("m", "1", PLAN).write(outputs, ("p", "t"), None, binary))

    assert "id" not in content
    assert content["outputs"][0]["data"] == [1.5, None]
    assert ("data" in content["outputs"][1]) is not bool(raw)


@pytest.mark.parametrize("datatype", list(Datatype))
@given(data=st.data())
def test_every_tensor_reads_back_as_it_was(datatype, data):
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=3, max_side=3))
    elements = st.text() if datatype is Datatype.BYTES else None
    values = data.draw(arrays.arrays(datatype.numpy, shape, elements=elements))
    if datatype is Datatype.BF16:
        values = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    spec = plan_of([("x", datatype, (-1,) * len(shape))]).input("x")
    raw = write_raw(datatype, values)

    read = read_raw(spec, list(shape), b"!" + raw + b"!", 1, 1 + len(raw))

    assert (read.dtype, read.shape) == (values.dtype, values.shape)
    np.testing.assert_array_equal(read, values)


def test_a_transposed_output_is_written_row_by_row():
    assert write_raw("BF16", np.array([[1, 2], [3, 4]], np.float32).T) == bytes.fromhex("803f404000408040")
    assert write_raw("INT8", np.array([[1, 2], [3, 4]], np.int8).T) == b"\1\3\2\4"


@given(st.binary(max_size=40), st.integers(0, 200))
def test_any_body_and_length_is_read_or_refused_never_worse(tail, length):
    with contextlib.suppress(InferenceError):
        read_binary_request(json.dumps({"inputs": [X]}).encode() + tail, str(length).encode(), PLAN)
