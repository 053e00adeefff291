"""Models that take or give bfloat16, which NumPy does not have and `InferenceSession.run` refuses.

Such inputs and outputs become float32 by a Cast at either end of the graph: every bfloat16 is a
float32 too, and a float32 given to an input is rounded to the nearest bfloat16, ties to even.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx


def widened(model: Path | bytes) -> bytes:
    """Return the model with float32 in the place of its bfloat16 inputs and outputs.

    Tensors in external data stay where they are.
    """
    import onnx
    from onnx import TensorProto, helper

    content = model.read_bytes() if isinstance(model, Path) else model
    proto = onnx.load_model_from_string(content)
    graph = proto.graph
    constants = {tensor.name for tensor in graph.initializer}
    for value in [value for value in graph.input if value.name not in constants]:
        if inner := _widen(graph, value):
            graph.node.insert(0, helper.make_node("Cast", [value.name], [inner], to=TensorProto.BFLOAT16))
    for value in graph.output:
        if inner := _widen(graph, value):
            graph.node.append(helper.make_node("Cast", [inner], [value.name], to=TensorProto.FLOAT))
    return bytes(proto.SerializeToString())


def _widen(graph: onnx.GraphProto, value: onnx.ValueInfoProto) -> str:
    """Declare a bfloat16 value float32 and return what the graph now calls it inside; else return ''."""
    from onnx import TensorProto

    tensor = value.type.tensor_type
    if tensor.elem_type != TensorProto.BFLOAT16:
        return ""
    tensor.elem_type = TensorProto.FLOAT
    inner = f"{value.name}/bfloat16"
    _rename(graph, value.name, inner)
    return inner


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Rename a value in every node; a graph inside sees it too (ONNX IR, "Names Within a Graph")."""
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == old:
                    names[place] = new
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                _rename(inner, old, new)
