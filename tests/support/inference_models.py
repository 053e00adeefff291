"""Small models for the queue: some answer each row by itself, some mix rows, some refuse values."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.support.plain_models import model_of

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
PICKED = [10.0, 20.0, 30.0]


def rowwise() -> onnx.ModelProto:
    """`double` and `negated` of `x`, which has rows of any width."""
    return model_of(
        [helper.make_node("Add", ["x", "x"], ["double"]), helper.make_node("Neg", ["x"], ["negated"])],
        {"x": (FLOAT, ["rows", "width"])},
        {"double": (FLOAT, ["rows", "width"]), "negated": (FLOAT, ["rows", "width"])},
    )


def picking() -> onnx.ModelProto:
    """The entry of `PICKED` at each `index`; fails beyond it."""
    return model_of(
        [helper.make_node("Gather", ["values", "index"], ["picked"])],
        {"index": (INT64, ["rows", 1])},
        {"picked": (FLOAT, ["rows", 1])},
        {"values": np.float32(PICKED)},
    )


def adding() -> onnx.ModelProto:
    """`total = a + b`, of rows of any width."""
    return model_of(
        [helper.make_node("Add", ["a", "b"], ["total"])],
        {name: (FLOAT, ["rows", "width"]) for name in ("a", "b")},
        {"total": (FLOAT, ["rows", "width"])},
    )


def softmax_over_rows() -> onnx.ModelProto:
    """Mixes all rows of a batch."""
    return _of_pairs([helper.make_node("Softmax", ["x"], ["y"], axis=0)])


def less_the_mean() -> onnx.ModelProto:
    """Takes the mean over the batch from each row."""
    mean = helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1)
    return _of_pairs([mean, helper.make_node("Sub", ["x", "mean"], ["y"])])


def quantised() -> onnx.ModelProto:
    """Rounds to one of 256 steps of the batch's own range, as models quantised dynamically do."""
    scales = helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"])
    return _of_pairs([scales, helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"])])


def running_total() -> onnx.ModelProto:
    """Adds up the rows so far."""
    return _of_pairs([helper.make_node("CumSum", ["x", "axis"], ["y"])], {"axis": np.int64(0)})


def random() -> onnx.ModelProto:
    """Answers nothing twice."""
    return _of_pairs([helper.make_node("RandomUniformLike", ["x"], ["y"])])


def positive_rows() -> onnx.ModelProto:
    """Keeps the rows above zero, so that it may answer fewer than it was given."""
    nodes = [
        helper.make_node("Greater", ["x", "zero"], ["above"]),
        helper.make_node("Squeeze", ["above", "last"], ["kept"]),
        helper.make_node("Compress", ["x", "kept"], ["y"], axis=0),
    ]
    x = {"x": (FLOAT, ["rows", 1])}
    return model_of(nodes, x, {"y": (FLOAT, ["some", 1])}, {"zero": np.float32(0), "last": np.int64([1])})


def scaled_by_input() -> onnx.ModelProto:
    """`y = x * factor`, whose factor has no dimension at all."""
    return model_of(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        {"x": (FLOAT, ["rows", 2]), "factor": (FLOAT, [])},
        {"y": (FLOAT, ["rows", 2])},
    )


def without_inputs() -> onnx.ModelProto:
    """Answers the same always."""
    values = helper.make_node("RandomUniform", [], ["y"], shape=[2, 2], seed=1.0)
    return model_of([values], {}, {"y": (FLOAT, ["rows", 2])})


def fussy() -> onnx.ModelProto:
    """Fails unless it is given exactly seven rows, which nobody would try."""
    seven = {"seven": np.int64([7, 2])}
    return _of_pairs([helper.make_node("Reshape", ["x", "seven"], ["y"])], seven)


def _of_pairs(nodes: list[onnx.NodeProto], constants: dict[str, np.generic] | None = None) -> onnx.ModelProto:
    pairs = (FLOAT, ["rows", 2])
    return model_of(nodes, {"x": pairs}, {"y": pairs}, constants)
