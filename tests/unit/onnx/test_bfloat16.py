"""Models of bfloat16: float32 at their ends, rounded to bfloat16 inside."""

import ml_dtypes
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from slipway.onnx.session import OnnxModel
from slipway.onnx.signature import Datatype

NARROW = TensorProto.BFLOAT16


def value(name, shape=("rows", 2), kind=NARROW):
    return helper.make_tensor_value_info(name, kind, shape)


def model_of(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "narrow", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="module")
def echo():
    model = model_of([helper.make_node("Identity", ["x"], ["y"])], [value("x")], [value("y")])
    return OnnxModel.open(model.SerializeToString())


@given(values=st.lists(st.floats(width=32), min_size=2, max_size=2))
def test_a_float32_is_rounded_to_the_nearest_bfloat16(echo, values):
    given_values = np.array([values], np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        expected = given_values.astype(ml_dtypes.bfloat16).astype(np.float32)

    answer = echo.run({"x": given_values})["y"]

    assert answer.dtype == np.float32
    np.testing.assert_array_equal(answer, expected)


def test_the_signature_says_bfloat16(echo):
    assert [spec.datatype for spec in (*echo.signature.inputs, *echo.signature.outputs)] == [Datatype.BF16] * 2


def test_other_inputs_and_outputs_stay_as_they_are():
    nodes = [
        helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["wide", "z"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["y"], to=NARROW),
    ]
    inputs = [value("x"), value("z", kind=TensorProto.FLOAT)]
    model = model_of(nodes, inputs, [value("y"), value("sum", kind=TensorProto.FLOAT)])
    opened = OnnxModel.open(model.SerializeToString())

    answers = opened.run({"x": np.ones((1, 2), np.float32), "z": np.full((1, 2), 1 / 1024, np.float32)})

    np.testing.assert_array_equal(answers["sum"], np.full((1, 2), 1 + 1 / 1024, np.float32))
    np.testing.assert_array_equal(answers["y"], np.ones((1, 2), np.float32))
    assert [spec.datatype for spec in opened.signature.outputs] == [Datatype.BF16, Datatype.FP32]


def test_a_graph_inside_that_sees_the_input_still_does():
    branch = helper.make_graph([helper.make_node("Identity", ["x"], ["then"])], "then", [], [value("then")])
    other = helper.make_graph([helper.make_node("Identity", ["x"], ["else"])], "else", [], [value("else")])
    node = helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=other)
    model = model_of([node], [value("x"), value("flag", (), TensorProto.BOOL)], [value("y")])

    answers = OnnxModel.open(model.SerializeToString()).run(
        {"x": np.ones((1, 2), np.float32), "flag": np.array(True)}
    )

    np.testing.assert_array_equal(answers["y"], np.ones((1, 2), np.float32))


def test_tensors_in_external_data_are_found(tmp_path, monkeypatch):
    weights = np.arange(2, dtype=np.float32)
    constant = onnx.numpy_helper.from_array(weights, "weights")
    nodes = [
        helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["wide", "weights"], ["product"]),
        helper.make_node("Cast", ["product"], ["y"], to=NARROW),
    ]
    path = tmp_path / "m.onnx"
    model = model_of(nodes, [value("x")], [value("y")], [constant])
    onnx.save(model, path, save_as_external_data=True, location="m.data", size_threshold=0)
    monkeypatch.chdir("/")

    answers = OnnxModel.open(path).run({"x": np.full((1, 2), 2, np.float32)})

    np.testing.assert_array_equal(answers["y"], [[0, 2]])
