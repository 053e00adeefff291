"""ONNX models as other tools leave them: one file, nothing of Slipway's beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def save(path: Path, model: onnx.ModelProto) -> Path:
    """Write a model where it may be that no folder stands yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def model_of(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, tuple[int, list[Any]]],
    outputs: dict[str, tuple[int, list[Any]]],
    constants: dict[str, Any] | None = None,
) -> onnx.ModelProto:
    """A model of these nodes; an input or output is its type and shape, a constant its array."""
    graph = helper.make_graph(
        nodes,
        "plain",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        [numpy_helper.from_array(np.asarray(values), name) for name, values in (constants or {}).items()],
    )
    versions = {"": 17, "ai.onnx.ml": 3}
    domains = {"", *(node.domain for node in nodes)}
    opsets = [helper.make_opsetid(domain, versions.get(domain, 1)) for domain in sorted(domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def scaling(factor: float = 2.0) -> onnx.ModelProto:
    """`y = x * factor`, of rows of two numbers."""
    return model_of(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        {"x": (TensorProto.FLOAT, ["rows", 2])},
        {"y": (TensorProto.FLOAT, ["rows", 2])},
        {"factor": np.float32([factor, factor])},
    )


def with_external_factor(location: str) -> onnx.ModelProto:
    """The scaling model with its factors in another file: eight bytes, two float32."""
    model = scaling()
    factor = model.graph.initializer[0]
    factor.ClearField("raw_data")
    factor.data_location = TensorProto.EXTERNAL
    entry = factor.external_data.add()
    entry.key, entry.value = "location", location
    return model
