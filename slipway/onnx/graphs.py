"""The nodes and tensors of a model file, wherever in it they stand, and the files it keeps tensors in.

Source: ONNX IR specification, "Graphs" and "Functions"; ONNX, "External Data".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import onnx

from slipway.errors import ExportError


def load_file(path: Path) -> onnx.ModelProto:
    """Parse a model file, leaving its external data where they are.

    Raises:
        ExportError: it is no ONNX model.
    """
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


def every_graph(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """Walk over all graphs, those of local functions' nodes included."""
    yield from _all_graphs(model.graph)
    for function in model.functions:
        for node in function.node:
            for inner in _subgraphs(node):
                yield from _all_graphs(inner)


def every_node(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Walk over the nodes of all graphs and of local functions."""
    for graph in every_graph(model):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def every_tensor(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Walk over the tensors of all graphs and of nodes' attributes."""
    for graph in every_graph(model):
        yield from initializers(graph)
    for node in every_node(model):
        yield from _attribute_tensors(node)


def initializers(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Return the weights of one graph; of a sparse one both its parts."""
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


def external_places(tensors: Iterable[onnx.TensorProto]) -> tuple[str, ...]:
    """Return the paths, as the model has them, of the files that hold its tensors."""
    return tuple(sorted({place for tensor in tensors if (place := _external_place(tensor))}))


def external_file(model: Path, place: str) -> Path:
    """Return the file that a place of a model's external data means.

    Raises:
        ExportError: it is missing, or lies outside the model's folder.
    """
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


def _external_place(tensor: onnx.TensorProto) -> str:
    if tensor.data_location != onnx.TensorProto.EXTERNAL:
        return ""
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
