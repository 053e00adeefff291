"""One form for every exported model: the same fitted model gives the same bytes.

Converters leave the order of nodes, attributes and opset entries to chance (Python sets); here
they are put in order, the outputs get the names of the task, and who made the file is fixed.
"""

from __future__ import annotations

import onnx
from onnx import helper

from slipway.errors import ExportError
from slipway.onnx.outputs import OUTPUTS
from slipway.task import TaskKind, TaskSpec

PRODUCER = "slipway"
BATCH = "rows"


def canonical_bytes(model: onnx.ModelProto, task: TaskSpec, *, name: str) -> bytes:
    """Bring a model to its canonical form, have onnx check it, and give its bytes.

    Raises:
        ExportError: a feature has the name of an output, the outputs are not those of the task,
            or onnx finds the model malformed.
    """
    graph = model.graph
    _require_names(graph, task, name)
    _order(graph)
    _rename(graph, task)
    _declare_shapes(graph, task)
    model.opset_import.sort(key=lambda entry: entry.domain)
    graph.name, graph.doc_string, model.doc_string = name, "", ""
    model.producer_name, model.producer_version, model.domain, model.model_version = PRODUCER, "", "", 0
    del model.metadata_props[:]
    try:
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))
    except Exception as error:  # the checker's and protobuf's exceptions share no base but Exception
        raise ExportError(
            f"Cannot export '{name}' to ONNX: the converted model is malformed: {error}",
            cure="Choose another preprocessing step or estimator.",
        ) from error


def _require_names(graph: onnx.GraphProto, task: TaskSpec, name: str) -> None:
    wanted = OUTPUTS[task.kind].in_order
    if len(graph.output) != len(wanted):
        raise ExportError(
            f"Cannot export '{name}' to ONNX: its outputs are not those of a {task.kind} task",
            expected=", ".join(wanted),
            got=", ".join(output.name for output in graph.output),
            cure="Fit an estimator of the task's kind.",
        )
    clash = sorted(set(wanted) & set(task.features))
    if clash:
        raise ExportError(
            f"Cannot export '{name}' to ONNX: column '{clash[0]}' has the name of an output",
            cure="Rename the column.",
        )


def _order(graph: onnx.GraphProto) -> None:
    """Put each node after what it needs, depth first from the outputs; drop constants that nothing needs."""
    nodes = _needed_nodes(graph)
    used = dict.fromkeys(value for node in nodes for value in node.input)
    constants = {constant.name: constant for constant in graph.initializer}
    ordered = [constants[value] for value in used if value in constants]
    graph.ClearField("node")
    graph.ClearField("initializer")
    graph.ClearField("value_info")
    graph.node.extend(nodes)
    graph.initializer.extend(ordered)


def _needed_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    maker = {value: number for number, node in enumerate(graph.node) for value in node.output}
    done: dict[int, None] = {}
    stack = [maker[output.name] for output in reversed(graph.output)]
    while stack:
        needed = [maker[value] for value in graph.node[stack[-1]].input if value in maker]
        open_nodes = [number for number in needed if number not in done]
        if open_nodes:
            stack.extend(reversed(open_nodes))
        else:
            done[stack.pop()] = None
    return [graph.node[number] for number in done]


def _rename(graph: onnx.GraphProto, task: TaskSpec) -> None:
    """Give nodes and inner values numbers, inputs the columns' names, and outputs those of the task."""
    wanted = OUTPUTS[task.kind].in_order
    names = {output.name: new for output, new in zip(graph.output, wanted, strict=True)}
    names |= {value.name: column for value, column in zip(graph.input, task.features, strict=True)}
    inner = [constant.name for constant in graph.initializer]
    inner += [value for node in graph.node for value in node.output if value not in names]
    names |= _numbered(inner, taken={*wanted, *task.features})
    for number, node in enumerate(graph.node):
        node.name, node.doc_string = f"{node.op_type}_{number}", ""
        node.input[:] = [names.get(value, value) for value in node.input]
        node.output[:] = [names.get(value, value) for value in node.output]
        node.attribute.sort(key=lambda attribute: attribute.name)
    for item in (*graph.initializer, *graph.input, *graph.output):
        item.name = names.get(item.name, item.name)


def _numbered(values: list[str], taken: set[str]) -> dict[str, str]:
    prefix = "value"
    while any(name.startswith(prefix) for name in taken):
        prefix = f"_{prefix}"
    return {value: f"{prefix}_{number}" for number, value in enumerate(values)}


def _declare_shapes(graph: onnx.GraphProto, task: TaskSpec) -> None:
    for value in graph.input:
        _set_shape(value, [BATCH, 1])
    for value in graph.output:
        is_label = value.name == OUTPUTS[task.kind].label
        _set_shape(value, [BATCH] if is_label else [BATCH, _width(value, task)])


def _width(value: onnx.ValueInfoProto, task: TaskSpec) -> int:
    if task.kind is TaskKind.CLUSTERING:
        return int(value.type.tensor_type.shape.dim[1].dim_value)
    return 2 if task.kind is TaskKind.CLASSIFICATION else 1


def _set_shape(value: onnx.ValueInfoProto, shape: list[str | int]) -> None:
    kind = value.type.tensor_type.elem_type
    value.CopyFrom(helper.make_tensor_value_info(value.name, kind, shape))
