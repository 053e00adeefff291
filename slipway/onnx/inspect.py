"""Facts of a model file, read without running it and without following its paths elsewhere."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import onnx
from pydantic import Field

from slipway.errors import ExportError
from slipway.frozen import Frozen

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
    model = _load(path)
    nodes = list(_all_nodes(model))
    tensors = list(_all_tensors(model, nodes))
    external = tuple(sorted({place for tensor in tensors if (place := _external_place(tensor))}))
    files = [path, *(_external_file(path, place) for place in external)]
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


def _load(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load_model(path, load_external_data=False)
    except Exception as error:  # protobuf's exceptions share no base but Exception
        raise ExportError(
            f"'{path.name}' cannot be read as an ONNX model: {error}", cure="Pass a complete .onnx file."
        ) from error
    if not model.ir_version or not model.HasField("graph"):
        raise ExportError(f"'{path.name}' is no ONNX model: it has no graph", cure="Pass a complete .onnx file.")
    return model


def _all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for inner in _subgraphs(node):
            yield from _all_graphs(inner)


def _subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g


def _every_graph(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    yield from _all_graphs(model.graph)
    for function in model.functions:
        for node in function.node:
            for inner in _subgraphs(node):
                yield from _all_graphs(inner)


def _all_nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    for graph in _every_graph(model):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def _all_tensors(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for graph in _every_graph(model):
        yield from _initializers(graph)
    for node in nodes:
        yield from _attribute_tensors(node)


def _initializers(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)


def _attribute_tensors(node: onnx.NodeProto) -> Iterator[onnx.TensorProto]:
    for attribute in node.attribute:
        yield from attribute.tensors
        if attribute.type == onnx.AttributeProto.TENSOR:
            yield attribute.t
        sparse_ones = list(attribute.sparse_tensors)
        if attribute.type == onnx.AttributeProto.SPARSE_TENSOR:
            sparse_ones.append(attribute.sparse_tensor)
        for sparse in sparse_ones:
            yield from (sparse.values, sparse.indices)


def _external_place(tensor: onnx.TensorProto) -> str:
    if tensor.data_location != onnx.TensorProto.EXTERNAL:
        return ""
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "")


def _external_file(model: Path, place: str) -> Path:
    folder = model.resolve().parent
    file = (folder / place).resolve()
    if not file.is_relative_to(folder):
        raise ExportError(
            f"'{model.name}' keeps tensors outside its folder",
            expected="external data beside the model",
            got=place,
            cure="Do not load this file: a model from a trusted tool never points elsewhere.",
        )
    if not file.is_file():
        raise ExportError(
            f"'{model.name}' lacks its external data '{place}'", cure="Copy the file beside the model."
        )
    return file


def _operator(node: onnx.NodeProto) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain not in {"", "ai.onnx"} else node.op_type


def _count_parameters(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> int:
    attributes = sum(len(attribute.floats) for node in nodes for attribute in node.attribute)
    weights = {id(tensor) for graph in _every_graph(model) for tensor in _initializers(graph)}
    counted = [tensor for tensor in tensors if id(tensor) in weights or tensor.data_type in _FLOATING]
    return int(attributes + sum(math.prod(tensor.dims) for tensor in counted))
