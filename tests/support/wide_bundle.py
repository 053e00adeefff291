"""A model whose answers are as long as its requests, however long those are."""

from __future__ import annotations

from pathlib import Path

import onnx
import pyarrow as pa
from onnx import TensorProto, helper

from slipway.bundle.bundle import Bundle
from slipway.task import TaskKind, TaskSpec
from tests.support.tiny_bundle import bundle_of


def wide_bundle(target: Path) -> Bundle:
    """One FP32 input `x` of any number of rows and columns, and `y`, which is twice it."""
    rows = pa.table({"x": pa.array([0.5, 1.0], pa.float32())})
    return bundle_of(target, doubling(), rows, TaskSpec(kind=TaskKind.CLUSTERING, numeric=("x",)))


def doubling() -> onnx.ModelProto:
    """`y = x + x`."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
