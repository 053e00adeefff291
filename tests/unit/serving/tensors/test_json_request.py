"""Inference requests in JSON: what they say, and what is refused and how."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving.tensors.json_request import read_json_request, read_large, read_small
from serving.tensors.straight import UNUSUAL
from serving.tensors.strict_request import read_strictly
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from tests.support.signatures import plan_of

INPUT = {"name": "x", "shape": [2, 1], "datatype": "FP32", "data": [1.5, None]}
PLAN = plan_of([("x", "FP32", (-1, 1)), ("n", "INT8", (-1, 2)), ("s", "BYTES", (-1,)), ("a:b", "BOOL", (1,))])


def body(**changes):
    return json.dumps({"inputs": [INPUT], **changes}).encode()


def with_input(**changes):
    return body(inputs=[{**INPUT, **changes}])


def without_input(key):
    return body(inputs=[{name: value for name, value in INPUT.items() if name != key}])


def one(datatype, shape, data):
    """Read `data` for an input of that datatype and free shape."""
    plan = plan_of([("x", datatype, (-1,) * len(shape))])
    entry = {"name": "x", "shape": shape, "datatype": datatype, "data": data}
    return read_json_request(json.dumps({"inputs": [entry]}).encode(), plan).inputs["x"]


def test_a_whole_request_is_read():
    question = read_json_request(
        body(id="q-1", parameters={"trace": True, "top": 3}, outputs=[{"name": "b"}, {"name": "a"}]), PLAN
    )

    assert (question.id, question.form.outputs, question.form.parameters) == (
        "q-1",
        ("b", "a"),
        {"trace": True, "top": 3},
    )
    assert (question.form.binary_outputs, question.form.timeout_seconds) == (False, None)
    assert question.inputs["x"].dtype == np.float32
    np.testing.assert_array_equal(question.inputs["x"], [[1.5], [np.nan]])


def test_what_is_optional_may_be_absent_or_null():
    for sent in (body(), body(id=None, parameters=None, outputs=None)):
        question = read_json_request(sent, PLAN)
        assert (question.id, question.form.outputs, question.form.parameters) == (None, (), {})


def test_keys_of_extensions_are_ignored():
    assert "x" in read_json_request(body(model_name="flights", priority={"a": [1, {"b": "c:d"}]}), PLAN).inputs


def test_a_timeout_is_in_microseconds():
    assert read_json_request(body(parameters={"timeout": 2_500_000}), PLAN).form.timeout_seconds == 2.5
    assert read_json_request(body(parameters={"timeout": 0}), PLAN).form.timeout_seconds is None


@pytest.mark.parametrize(
    ("outputs", "parameters", "binary"),
    [
        ([{"name": "a"}], {}, False),
        ([{"name": "a", "parameters": {"binary_data": True}}], {}, True),
        ([{"name": "a", "parameters": {"binary_data": True}}, {"name": "b"}], {}, frozenset({"a"})),
        (
            [{"name": "a", "parameters": {"binary_data": False}}, {"name": "b"}],
            {"binary_data_output": True},
            {"b"},
        ),
        ([], {"binary_data_output": True}, True),
    ],
)
def test_outputs_are_asked_for_as_binary_one_by_one_or_all(outputs, parameters, binary):
    assert read_json_request(body(outputs=outputs, parameters=parameters), PLAN).form.binary_outputs == binary


@pytest.mark.parametrize(
    ("datatype", "shape", "data", "values"),
    [
        ("FP32", [2, 2], [[1, 2.5], [None, -0.0]], [[1, 2.5], [np.nan, -0.0]]),
        ("FP32", [2, 1, 2], [[[1, 2]], [[3, 4]]], [[[1, 2]], [[3, 4]]]),
        ("FP32", [1], [16777217], [16777216]),
        ("FP32", [1], [123456789012345678901234567890], [1.2345679e29]),
        ("FP16", [2], [65504, 1e-8], [65504, 0]),
        ("BF16", [1], [1.5], [1.5]),
        ("FP64", [2], [1e308, 5e-324], [1e308, 5e-324]),
        ("INT64", [2], [-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1]),
        ("UINT64", [1], [2**64 - 1], [2**64 - 1]),
        ("INT8", [2], [-128, 127], [-128, 127]),
        ("BOOL", [2], [True, False], [True, False]),
        ("BYTES", [2], ["", "Zürich: é\u0000"], ["", "Zürich: é\u0000"]),
    ],
)
def test_values_come_in_the_models_dtype(datatype, shape, data, values):
    got = one(datatype, shape, data)

    assert (got.dtype, got.shape) == (Datatype(datatype).numpy, tuple(shape))
    np.testing.assert_array_equal(got, np.array(values, dtype=got.dtype).reshape(shape))


@pytest.mark.parametrize(
    ("datatype", "data", "words"),
    [
        ("FP32", [1, "2"], ("numbers or null (FP32)", '"2" at position 1')),
        ("FP32", [True, 1], ("numbers or null (FP32)", "true at position 0")),
        ("FP32", [1, 1e39], ("finite values within FP32", "1e+39 at position 1")),
        ("FP32", [1, -(10**39)], ("finite values within FP32", "at position 1")),
        ("FP16", [1, 65520], ("finite values within FP16", "65520 at position 1")),
        ("FP64", [1, 10**400], ("values that FP64 can hold",)),
        ("INT64", [1, 1.0], ("whole numbers (INT64)", "1.0 at position 1")),
        ("INT64", [1, None], ("whole numbers (INT64)", "null at position 1")),
        ("INT64", [1, False], ("whole numbers (INT64)", "false at position 1")),
        ("INT64", [1, 2**63], ("values that INT64 can hold",)),
        ("UINT8", [1, -1], ("values that UINT8 can hold",)),
        ("INT8", [1, 128], ("values that INT8 can hold",)),
        ("BOOL", [True, 1], ("true or false (BOOL)", "1 at position 1")),
        ("BOOL", [True, None], ("true or false (BOOL)", "null at position 1")),
        ("BYTES", ["a", None], ("strings (BYTES)", "null at position 1")),
        ("BYTES", ["a", 1], ("strings (BYTES)", "1 at position 1")),
        ("BYTES", ["a", "\ud800"], ("text that UTF-8 can encode", "half of a surrogate pair")),
        ("FP32", [1], ("2 values for shape [2]", "1")),
        ("FP32", [1, 2, 3], ("2 values for shape [2]", "3")),
        ("FP32", [[1, 2]], ("2 rows", "1")),
        ("FP32", [[1], [2]], ("numbers or null (FP32)", "an array of 1 at position 0")),
        ("FP32", "12", ("'data' to be an array", '"12"')),
        ("BYTES", "12", ("'data' to be an array", '"12"')),
        ("FP32", {"a": 1}, ("'data' to be an array", "an object of 1")),
        ("FP32", 7, ("'data' to be an array", "7")),
    ],
)
def test_values_that_do_not_fit_are_refused_by_place(datatype, data, words):
    with pytest.raises(InferenceError) as caught:
        one(datatype, [2], data)

    for word in ("'x'", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "data", [[[1, 2], [3]], [[1, 2], 3], [1, [2, 3, 4]], [[1], [2, 3, 4]], [[[1], [2]], [3, 4]]]
)
def test_ragged_values_are_refused(data):
    with pytest.raises(InferenceError, match="Tensor 'x' cannot be read"):
        one("FP32", [2, 2], data)


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
        (body(outputs={"name": "a"}), ("'outputs'", "an array", "an object")),
        (body(outputs=""), ("'outputs'", "an array", "a string")),
        (body(outputs=[{}]), ("An output", "a 'name'", "nothing")),
        (body(outputs=[{"name": "a"}, {"name": "a"}]), ("outputs", "each name once", "'a' twice")),
        (body(outputs=[{"name": "a", "parameters": {"classification": 2}}]), ("Output 'a'", "'classification'")),
        (body(outputs=[{"name": "a", "parameters": {"binary_data": 1}}]), ("'binary_data'", "true or false")),
        (body(id=7), ("'id'", "a string", "a number")),
        (body(id="\ud800"), ("'id'", "UTF-8", "half of a surrogate pair")),
        (body(parameters=[1]), ("'parameters'", "an object", "an array")),
        (body(parameters={"p": [1]}), ("Parameter 'p'", "a string, a number or a boolean", "an array")),
        (body(parameters={"timeout": -1}), ("'timeout'", "whole microseconds", "-1")),
        (body(parameters={"timeout": 1.5}), ("'timeout'", "whole microseconds", "1.5")),
        (with_input(name=""), ("An input", "a 'name'", "a string")),
        (with_input(name="n" * 2000), ("An input", "1024 characters", "a string")),
        (with_input(name=["x"]), ("An input", "a 'name'", "an array")),
        (with_input(name="y"), ("x, n, s, a:b", "unknown 'y'")),
        (with_input(datatype="FP64"), ("Input 'x'", "datatype FP32", "'FP64'")),
        (with_input(datatype=None), ("datatype of input 'x'", "'FP32'", "nothing")),
        (with_input(shape="21"), ("shape of input 'x'", "whole numbers", "a string")),
        (with_input(shape={"2": 1}), ("shape of input 'x'", "whole numbers", "an object")),
        (with_input(shape=[2.0, 1]), ("Input 'x'", "a shape of whole numbers", "[2.0, 1]")),
        (with_input(shape=[2, True]), ("Input 'x'", "a shape of whole numbers", "[2, True]")),
        (with_input(shape=[2]), ("Input 'x'", "FP32 of shape [-1, 1]", "shape [2]")),
        (with_input(shape=[-2, 1]), ("Input 'x'", "at least one value", "shape [-2, 1]")),
        (with_input(shape=[2**63, 1]), ("Input 'x'", "at most", "shape [9223372036854775808, 1]")),
        (with_input(shape=[0, 1], data=[]), ("Input 'x'", "at least one value", "shape [0, 1]")),
        (without_input("data"), ("Input 'x'", "'data'", "none")),
        (without_input("shape"), ("shape of input 'x'", "whole numbers", "nothing")),
        (without_input("name"), ("An input", "a 'name'", "nothing")),
        (with_input(parameters={"binary_data_size": 8}), ("Input 'x'", "Inference-Header-Content-Length")),
        (with_input(parameters=[]), ("'parameters' of input 'x'", "an object", "an array")),
        (body().replace(b"1.5", b"NaN"), ("numbers or null", "NaN, which JSON does not have")),
        (body().replace(b"1.5", b"-Infinity"), ("numbers or null", "-Infinity")),
        (body().replace(b"1.5", b"1e400"), ("'x'", "finite values")),
        (body().replace(b"1.5", b"01.5"), ("JSON", "delimiter")),
        (body()[:-1], ("JSON",)),
        (body() + b"x", ("JSON", "Extra data")),
        (b"\xef\xbb\xbf" + body(), ("JSON", "BOM")),
        (body(id="é").replace(b"\\u00e9", b"\xe9"), ("UTF-8", "byte 0xe9 at position")),
        (b"", ("JSON",)),
        (b"[" * 100_000, ("a few levels deep",)),
        (b'{"id":"a","id":"b",' + body()[1:], ("each key once", "'id' twice")),
        (body().replace(b'"name"', b'"name":"n","name"'), ("each key once", "'name' twice")),
        (b'{"id":"\\u003a","x":{"a":1,"a":1},' + body()[1:], ("each key once", "'a' twice")),
        (b'{"id":"\\u003a","parameters":{"a":1,"a":1},' + body()[1:], ("each key once", "'a' twice")),
    ],
)
def test_a_malformed_request_is_refused_by_place(sent, words):
    with pytest.raises(InferenceError) as caught:
        read_json_request(sent, PLAN)

    for word in words:
        assert word in str(caught.value)


USUAL = [
    body(),
    body(id="a:b", parameters={"timeout": 5}, outputs=[{"name": "a", "parameters": {"binary_data": False}}]),
    with_input(data=[[1.5], [2]], parameters={}),
    body(inputs=[{"name": "s", "shape": [2], "datatype": "BYTES", "data": ["10:30", "ü"]}]),
    body(inputs=[{"name": "a:b", "shape": [1], "datatype": "BOOL", "data": [True]}]),
    body(model_name="m:n"),
]


@pytest.mark.parametrize("sent", USUAL)
def test_usual_requests_are_read_the_fast_way(sent):
    assert read_small(sent, PLAN).inputs


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from([":", "x"])
)
KEYS = st.sampled_from(["inputs", "outputs", "name", "data", "shape", "datatype", "id", "parameters", "a:b"])
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
VALUES = st.one_of(
    st.lists(st.floats(width=32) | st.integers(-300, 300) | SCALARS, max_size=4),
    st.lists(st.lists(st.integers(-130, 130), max_size=3), max_size=3),
    st.lists(st.booleans(), min_size=1, max_size=2),
    st.lists(st.text(max_size=3), max_size=3),
    ANY,
)
ENTRIES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["x", "n", "s", "a:b", "y"]),
        "shape": st.lists(st.integers(0, 3), max_size=2) | ANY,
        "datatype": st.sampled_from(["FP32", "INT8", "BYTES", "BOOL"]) | ANY,
        "data": VALUES,
    },
    optional={"parameters": ANY},
)
OUTPUTS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={"parameters": ANY}) | ANY, max_size=3
)
REQUESTS = st.fixed_dictionaries(
    {"inputs": st.lists(ENTRIES, max_size=2) | ANY}, optional={"id": ANY, "outputs": OUTPUTS, "parameters": ANY}
)
# A change of the text that may repeat a key, escape a colon or break it.
EDITS = st.sampled_from(
    [
        (b"", b""),
        (b'"id"', b'"name"'),
        (b":", b"\\u003a"),
        (b"[", b'["name",'),
        (b"{", b'{"data":1,'),
        (b"1", b"1e"),
    ]
)


FAST = pytest.mark.parametrize("read_fast", [read_small, read_large])


@FAST
@settings(max_examples=400)
@given(content=REQUESTS, edit=EDITS)
@example(content={"inputs": [{**INPUT, "data": [True, 1]}]}, edit=(b"", b""))
@example(content={"inputs": [{**INPUT, "data": [2, 1]}]}, edit=(b", 1]", b", 1e39]"))
def test_the_fast_ways_take_nothing_that_the_strict_one_refuses(read_fast, content, edit):
    sent = json.dumps(content).encode().replace(*edit, 1)
    try:
        fast = read_fast(sent, PLAN)
    except UNUSUAL:
        return
    assert_same(fast, read_strictly(sent, PLAN))


NUMBERS = ["FP16", "BF16", "FP32", "FP64", "INT8", "INT16", "INT64", "UINT16", "UINT64"]
# Digits as clients write them, at the edges of every datatype.
TEXTS = st.one_of(
    st.integers(-(2**64), 2**65).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["65504", "65519.99", "65520", "3.4028235e38", "3.4028236e38", "-0", "-0.0", "1.0", "1e5", "127"]
    ),
    st.sampled_from(
        ["1e400", "5e-324", "9007199254740993", "0.1000000014901161193", "null", "true", "01", ".5", "[1]"]
    ),
)


@FAST
@pytest.mark.parametrize("datatype", NUMBERS)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_numbers_are_read_alike_fast_and_strictly(read_fast, datatype, texts):
    plan = plan_of([("x", datatype, (-1,))])
    data = ", ".join(texts)
    sent = f'{{"inputs":[{{"name":"x","shape":[{len(texts)}],"datatype":"{datatype}","data":[{data}]}}]}}'.encode()
    try:
        fast = read_fast(sent, plan)
    except UNUSUAL:
        return
    assert_same(fast, read_strictly(sent, plan))


@given(arrays.array_shapes(max_dims=3, max_side=4), st.data())
def test_nested_values_are_read_alike_fast_and_strictly(shape, data):
    plan = plan_of([("x", "INT64", (-1,) * len(shape))])
    nested = np.arange(np.prod(shape)).reshape(shape).tolist()
    wrong = data.draw(st.sampled_from([nested, [*nested, 1], nested[:-1], [nested], nested[::-1], [nested[0], 7]]))
    entry = {"name": "x", "shape": list(shape), "datatype": "INT64", "data": wrong}
    sent = json.dumps({"inputs": [entry]}).encode()
    for read_fast in (read_small, read_large):
        with contextlib.suppress(*UNUSUAL):
            assert_same(read_fast(sent, plan), read_strictly(sent, plan))


@pytest.mark.parametrize(
    "data", [[[1, 2], [3, 4]], [1, 2, 3, 4], [[1, 2], [3, None]], [[1, [2]], [3, 4]], [[1, 2, 3], [4]]]
)
@pytest.mark.parametrize("datatype", ["FP32", "INT8", "UINT64"])
def test_long_requests_are_read_like_short_ones(datatype, data):
    plan = plan_of([("x", datatype, (-1, -1))])
    entry = {"name": "x", "shape": [2, 2], "datatype": datatype, "data": data}
    short = json.dumps({"inputs": [entry]}).encode()
    outcomes = []
    for sent in (short, short + b" " * 5000, bytearray(short + b" " * 5000)):
        try:
            outcomes.append(read_json_request(sent, plan).inputs["x"].tolist())
        except InferenceError as error:
            outcomes.append(str(error))

    assert str(outcomes[0]) == str(outcomes[1]) == str(outcomes[2])


def test_a_long_request_of_numbers_goes_through_buffers():
    data = np.linspace(0, 1, 1000).tolist()
    entry = {"name": "x", "shape": [10, 100], "datatype": "FP32"}
    plan = plan_of([("x", "FP32", (-1, 100))])
    for form in (data, np.reshape(data, (10, 100)).tolist(), [*data[:-1], None]):
        sent = json.dumps({"inputs": [{**entry, "data": form}], "id": "1", "outputs": [{"name": "y"}]}).encode()

        assert_same(read_large(sent, plan), read_strictly(sent, plan))


def assert_same(fast, strict):
    assert (fast.id, fast.form.outputs, fast.form.parameters) == (
        strict.id,
        strict.form.outputs,
        strict.form.parameters,
    )
    assert (fast.form.binary_outputs, fast.form.timeout_seconds) == (
        strict.form.binary_outputs,
        strict.form.timeout_seconds,
    )
    assert fast.inputs.keys() == strict.inputs.keys()
    for name, values in fast.inputs.items():
        assert (values.dtype, values.shape) == (strict.inputs[name].dtype, strict.inputs[name].shape)
        np.testing.assert_array_equal(values, strict.inputs[name])


@settings(max_examples=300)
@given(ANY | REQUESTS)
def test_any_json_is_read_or_refused_never_worse(content):
    with contextlib.suppress(InferenceError):
        read_json_request(json.dumps(content).encode(), PLAN)


@given(st.binary())
def test_any_bytes_are_refused(sent):
    with pytest.raises(InferenceError):
        read_json_request(sent, PLAN)
