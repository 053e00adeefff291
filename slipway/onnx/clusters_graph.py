"""Writes k-means as ONNX, in float64.

Distances are computed from differences. The usual expansion |x|^2 - 2xc + |c|^2 cancels in
float32 near a centre and can end in the root of a negative number, NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from slipway.onnx.graph import add_constant, new_names


def convert_kmeans(scope: Any, operator: Any, container: Any) -> None:
    """Convert, for skl2onnx, to INT64 clusters `[rows]` and FP32 Euclidean distances `[rows, k]`."""
    centres = np.asarray(operator.raw_operator.cluster_centers_, dtype=np.float64)[np.newaxis]
    cluster, distances = (output.full_name for output in operator.outputs)
    features, spread, difference = new_names(scope, "features", "spread", "difference")
    square, total, root = new_names(scope, "square", "total", "root")
    axis_1 = add_constant("axis", np.array([1]), scope, container)
    axis_2 = add_constant("axis", np.array([2]), scope, container)
    centre = add_constant("centres", centres, scope, container)
    container.add_node("Cast", [operator.inputs[0].full_name], [features], to=TensorProto.DOUBLE, op_version=13)
    container.add_node("Unsqueeze", [features, axis_1], [spread], op_version=13)
    container.add_node("Sub", [spread, centre], [difference], op_version=14)
    container.add_node("Mul", [difference, difference], [square], op_version=14)
    container.add_node("ReduceSum", [square, axis_2], [total], keepdims=0, op_version=13)
    container.add_node("ArgMin", [total], [cluster], axis=1, keepdims=0, op_version=13)
    container.add_node("Sqrt", [total], [root], op_version=13)
    container.add_node("Cast", [root], [distances], to=TensorProto.FLOAT, op_version=13)
