import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slipway.errors import ExportError
from slipway.onnx.canonical import canonical_bytes
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind, TaskSpec

TASK = TaskSpec(kind=TaskKind.REGRESSION, target="y", numeric=("a", "b"))


def build(order=(0, 1, 2), constants=("w", "idle"), outputs=("out",), attributes=("alpha", "beta")):
    """(a + b) w, as Add, Gemm and Identity, in any order of nodes, constants and attributes."""
    gemm = helper.make_node("Gemm", ["sum", "w"], ["inner"], name=f"n{order}")
    values = {"alpha": 1.0, "beta": 0.0}
    gemm.attribute.extend(helper.make_attribute(name, values[name]) for name in attributes)
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), gemm, helper.make_node("Identity", ["inner"], ["out"])]
    tensor = np.full((1, 1), 3, dtype=np.float32)
    graph = helper.make_graph(
        [nodes[place] for place in order],
        "any",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("a", "b")],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in outputs],
        [numpy_helper.from_array(tensor, name) for name in constants],
    )
    opsets = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="any", doc_string=str(order))


def test_order_and_names_do_not_matter():
    expected = canonical_bytes(build(), TASK, name="m")
    assert canonical_bytes(build(constants=("idle", "w")), TASK, name="m") == expected
    assert canonical_bytes(build(attributes=("beta", "alpha")), TASK, name="m") == expected
    assert canonical_bytes(build(order=(2, 1, 0)), TASK, name="m") == expected


def test_canonical_model_answers_as_before():
    model = OnnxModel.open(canonical_bytes(build(order=(1, 0, 2)), TASK, name="m"))
    ones = np.ones((4, 1), dtype=np.float32)
    np.testing.assert_array_equal(model.run({"a": ones, "b": 2 * ones})["prediction"], 9 * ones)


def test_what_nothing_needs_is_dropped():
    model = onnx.load_from_string(canonical_bytes(build(), TASK, name="m"))
    assert len(model.graph.initializer) == 1
    assert model.graph.name == "m"


def test_other_numbers_give_other_bytes():
    other = build()
    other.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.full((1, 1), 4, dtype=np.float32), "w"))
    assert canonical_bytes(other, TASK, name="m") != canonical_bytes(build(), TASK, name="m")


def test_outputs_of_another_task_are_refused():
    clusters = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("a", "b"))
    with pytest.raises(ExportError, match="not those of a clustering task: expected cluster, distances, got out"):
        canonical_bytes(build(), clusters, name="m")


def test_a_malformed_model_is_refused():
    broken = build()
    broken.graph.node[1].op_type = "Gem"
    with pytest.raises(ExportError, match="the converted model is malformed"):
        canonical_bytes(broken, TASK, name="m")
