"""A model that takes its time."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.support.plain_models import model_of

_WIDTH = 256


def slow(steps: int) -> onnx.ModelProto:
    """`y`, of one row `x` each, after so many products of matrices: some 5 µs each on one core."""
    weights = np.eye(_WIDTH, dtype=np.float32)
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["before", "weights"], ["after"]),
            helper.make_node("Identity", ["more"], ["go_on"]),
        ],
        "step",
        [
            helper.make_tensor_value_info("count", TensorProto.INT64, []),
            helper.make_tensor_value_info("more", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, [None, _WIDTH]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, [None, _WIDTH]),
        ],
    )
    nodes = [
        helper.make_node("Expand", ["x", "width"], ["wide"]),
        helper.make_node("Loop", ["steps", "true", "wide"], ["worked"], body=body),
        helper.make_node("Slice", ["worked", "first", "second", "columns"], ["y"]),
    ]
    constants = {
        "weights": weights,
        "width": np.array([1, _WIDTH], np.int64),
        "steps": np.array(steps, np.int64),
        "true": np.array(True),
        **{name: np.array([number], np.int64) for name, number in (("first", 0), ("second", 1), ("columns", 1))},
    }
    kind = (TensorProto.FLOAT, ["rows", 1])
    return model_of(nodes, {"x": kind}, {"y": kind}, constants)
