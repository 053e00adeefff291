import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from serving.grpc.infer.contents import FIELDS, read_contents, write_contents
from serving.grpc.protos.open_inference_pb2 import InferTensorContents
from serving.tensors.raw import read_raw, write_raw
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from tests.support.signatures import plan_of

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)


def input_plan(datatype, shape=(-1,)):
    return plan_of([("x", datatype, shape)]).input("x")


@st.composite
def tensors(draw, datatypes):
    datatype = draw(st.sampled_from(datatypes))
    shape = draw(SHAPES)
    if datatype == "BYTES":
        return datatype, draw(hnp.arrays(object, shape, elements=st.text(max_size=5)))
    if datatype == "BF16":
        return datatype, draw(hnp.arrays(np.float32, shape, elements=st.integers(-256, 256)))
    return datatype, draw(hnp.arrays(Datatype(datatype).numpy, shape))


@given(tensors([str(each) for each in Datatype]))
def test_raw_values_survive_the_way_there_and_back(tensor):
    datatype, values = tensor
    raw = write_raw(datatype, values)
    read = read_raw(input_plan(datatype, (-1,) * values.ndim), values.shape, raw, 0, len(raw))
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)


@given(tensors(list(FIELDS)))
def test_typed_values_survive_the_way_there_and_back(tensor):
    datatype, values = tensor
    contents = InferTensorContents()
    write_contents(contents, datatype, values)
    read = read_contents(input_plan(datatype), contents, values.shape, values.size)
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)


def test_every_datatype_but_the_half_floats_has_a_field():
    assert set(Datatype) - FIELDS.keys() == {"FP16", "BF16"}


def test_bfloat16_is_the_upper_half_of_a_float32():
    values = np.array([1.0, -2.5, np.inf], np.float32)
    assert write_raw("BF16", values) == np.array([0x3F80, 0xC020, 0x7F80], "<u2").tobytes()


def test_bytes_have_their_length_before_them():
    assert write_raw("BYTES", np.array(["ä", ""], object)) == b"\2\0\0\0\xc3\xa4\0\0\0\0"


@pytest.mark.parametrize(
    ("datatype", "raw", "says"),
    [
        ("FP32", bytes(7), "expected 8 bytes of FP32 for shape [2], got 7 bytes"),
        ("BF16", bytes(8), "expected 4 bytes of BF16"),
        ("BOOL", b"\0\2", "bytes 0 and 1"),
        ("BYTES", b"\1\0\0\0a", "expected 2 strings"),
        ("BYTES", b"\1\0\0\0a\1\0\0\0", "1 bytes of string 1"),
        ("BYTES", b"\1\0\0\0a\1\0\0\0bc", "the end after 2 strings"),
        ("BYTES", b"\1\0\0\0a\xff\xff\xff\xffb", "4294967295 bytes of string 1"),
        ("BYTES", b"\1\0\0\0\xff\0\0\0\0", "strings in UTF-8"),
    ],
)
def test_rejects_raw_bytes_that_are_not_the_shapes_values(datatype, raw, says):
    with pytest.raises(InferenceError, match="Input 'x'") as caught:
        read_raw(input_plan(datatype), (2,), raw, 0, len(raw))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("datatype", "contents", "says"),
    [
        ("INT8", {"int_contents": [128]}, "values that INT8 can hold"),
        ("UINT16", {"uint_contents": [65536]}, "values that UINT16 can hold"),
        ("BYTES", {"bytes_contents": [b"\xff"]}, "strings in UTF-8"),
        ("FP32", {"fp64_contents": [1.0]}, "got fp64_contents"),
        ("FP32", {"fp32_contents": [1.0], "int_contents": [1]}, "got int_contents"),
        ("FP16", {"fp32_contents": [1.0]}, "FP16 in raw_input_contents"),
    ],
)
def test_rejects_typed_values_of_another_kind(datatype, contents, says):
    with pytest.raises(InferenceError, match="Input 'x'") as caught:
        read_contents(input_plan(datatype), InferTensorContents(**contents), (1,), 1)
    assert says in str(caught.value)
