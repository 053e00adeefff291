"""Between REST bodies and the server's own types."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.codec import decode_request, encode_response
from serving.protocol import InferResponse
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import NamedTensor, values_from_json

INPUT = {"name": "x", "shape": [2, 1], "datatype": "FP32", "data": [1.5, None]}


def body(**changes):
    return json.dumps({"inputs": [INPUT], **changes}).encode()


def with_input(**changes):
    return body(inputs=[{**INPUT, **changes}])


def without_input(key):
    return body(inputs=[{name: value for name, value in INPUT.items() if name != key}])


def test_a_whole_request_is_read():
    request = decode_request(
        body(id="q-1", parameters={"trace": True, "top": 3}, outputs=[{"name": "b"}, {"name": "a"}])
    )

    assert (request.id, request.outputs, request.parameters) == ("q-1", ("b", "a"), {"trace": True, "top": 3})
    assert (request.inputs[0].name, request.inputs[0].datatype) == ("x", Datatype.FP32)
    np.testing.assert_array_equal(request.inputs[0].values, np.array([[1.5], [np.nan]], np.float32))


def test_what_is_optional_may_be_absent_or_null():
    for request in (decode_request(body()), decode_request(body(id=None, parameters=None, outputs=None))):
        assert (request.id, request.outputs, request.parameters) == (None, (), {})


def test_keys_of_extensions_are_ignored():
    assert decode_request(body(model_name="flights", priority=1)).inputs[0].name == "x"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"[]", ("The request", "an object", "an array")),
        (b"null", ("The request", "an object", "nothing")),
        (b"{}", ("'inputs'", "an array", "nothing")),
        (body(inputs={}), ("'inputs'", "an array", "an object")),
        (body(inputs=[1]), ("Each input", "an object", "a number")),
        (body(inputs=[INPUT, INPUT]), ("inputs", "each name once", "'x' twice")),
        (body(outputs=["label"]), ("Each output", "an object", "a string")),
        (body(outputs=[{}]), ("An output", "a 'name'", "nothing")),
        (body(outputs=[{"name": "a"}, {"name": "a"}]), ("outputs", "each name once", "'a' twice")),
        (body(id=7), ("'id'", "a string", "a number")),
        (body(parameters=[1]), ("'parameters'", "an object", "an array")),
        (body(parameters={"p": [1]}), ("Parameter 'p'", "a string, a number or a boolean", "an array")),
        (with_input(name=""), ("An input", "a 'name'", "a string")),
        (with_input(name="n" * 2000), ("An input", "1024 characters", "a string")),
        (with_input(name=3), ("An input", "a 'name'", "a number")),
        (with_input(datatype="float32"), ("input 'x'", "FP32", "'float32'")),
        (with_input(datatype=None), ("input 'x'", "FP32", "nothing")),
        (with_input(datatype=["FP32"]), ("input 'x'", "FP32", "an array")),
        (with_input(shape="2"), ("shape of input 'x'", "whole numbers", "a string")),
        (with_input(shape=[2, -1]), ("shape of input 'x'", "none negative", "an array")),
        (with_input(shape=[2.0, 1]), ("shape of input 'x'", "whole numbers", "an array")),
        (with_input(shape=[True, 2]), ("shape of input 'x'", "whole numbers", "an array")),
        (with_input(shape=[3, 1]), ("'x'", "3 values for shape [3, 1]", "2")),
        (with_input(data=[1, "a"]), ("'x'", "numbers or null (FP32)", '"a" at position 1')),
        (without_input("data"), ("Input 'x'", "'data'", "binary tensors are not supported")),
        (without_input("shape"), ("shape of input 'x'", "whole numbers", "nothing")),
        (without_input("name"), ("An input", "a 'name'", "nothing")),
    ],
)
def test_a_malformed_request_is_refused_by_place(sent, words):
    with pytest.raises(InferenceError) as caught:
        decode_request(sent)

    for word in words:
        assert word in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["inputs", "outputs", "name", "data", "shape", "id"]), inner)
        ),
    )
)
def test_any_json_is_read_or_refused_never_worse(content):
    with contextlib.suppress(InferenceError):
        decode_request(json.dumps(content).encode())


def test_a_response_names_the_model_and_echoes_the_id():
    response = InferResponse(outputs=(NamedTensor("p", Datatype.FP64, np.array([[0.25], [np.nan]])),), id="q-1")

    content = json.loads(encode_response(response, model_name="flights", model_version="7"))

    assert (content["model_name"], content["model_version"], content["id"]) == ("flights", "7", "q-1")
    assert content["outputs"] == [{"name": "p", "shape": [2, 1], "datatype": "FP64", "data": [0.25, None]}]
    np.testing.assert_array_equal(
        values_from_json("p", Datatype.FP64, [2, 1], content["outputs"][0]["data"]), [[0.25], [np.nan]]
    )


def test_a_response_to_a_request_without_id_has_none():
    assert "id" not in json.loads(encode_response(InferResponse(()), model_name="m", model_version="1"))
