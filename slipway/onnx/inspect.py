"""Facts of a model file, read without running it and without following its paths elsewhere."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import onnx
from pydantic import Field

from slipway.errors import ExportError
from slipway.frozen import Frozen
from slipway.onnx.graphs import (
    every_graph,
    every_node,
    every_tensor,
    external_file,
    external_places,
    initializers,
    load_file,
)

_STANDARD_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}
_FLOATING = {
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
}


class ModelFacts(Frozen):
    """What a model file is made of, subgraphs and local functions included."""

    opsets: dict[str, int] = Field(description="version by operator domain; 'ai.onnx' is the default one")
    ir_version: int
    producer: str = Field(description="name and version of what wrote the file")
    nodes: dict[str, int] = Field(description="number of nodes by operator, as in 'ai.onnx.ml.Scaler'")
    parameters: int = Field(description="numbers in initializers and in floating-point attributes of nodes")
    size_bytes: int = Field(description="of the file and its external data")
    external_data: tuple[str, ...] = Field(description="paths beside the model that hold tensors")
    custom_domains: tuple[str, ...] = Field(description="operator domains that ONNX does not define")

    def require_self_contained(self) -> None:
        """Raise ExportError unless the one file is the whole model, in ONNX's own operators."""
        if self.external_data or self.custom_domains:
            raise ExportError(
                "The model is not self-contained",
                expected="one file, in operators of ONNX",
                got=f"external data {list(self.external_data)}, operator domains {list(self.custom_domains)}",
                cure="Save it without external data, and replace the custom operators.",
            )


def inspect_model(path: Path) -> ModelFacts:
    """Read the facts of a model file.

    Raises:
        ExportError: the file is no ONNX model, or keeps tensors in a file that is missing or lies
            outside the model's folder.
    """
    model = load_file(path)
    nodes = list(every_node(model))
    tensors = list(every_tensor(model))
    external = external_places(tensors)
    files = [path, *(external_file(path, place) for place in external)]
    local = {function.domain for function in model.functions}
    return ModelFacts(
        opsets={entry.domain or "ai.onnx": entry.version for entry in model.opset_import},
        ir_version=model.ir_version,
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        nodes=dict(sorted(Counter(_operator(node) for node in nodes).items())),
        parameters=_count_parameters(model, nodes, tensors),
        size_bytes=sum(file.stat().st_size for file in files),
        external_data=external,
        custom_domains=tuple(sorted({node.domain for node in nodes} - _STANDARD_DOMAINS - local)),
    )


def _operator(node: onnx.NodeProto) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain not in {"", "ai.onnx"} else node.op_type


def _count_parameters(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> int:
    attributes = sum(len(attribute.floats) for node in nodes for attribute in node.attribute)
    weights = {id(tensor) for graph in every_graph(model) for tensor in initializers(graph)}
    counted = [tensor for tensor in tensors if id(tensor) in weights or tensor.data_type in _FLOATING]
    return int(attributes + sum(math.prod(tensor.dims) for tensor in counted))
