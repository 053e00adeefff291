import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import Ridge

from slipway.errors import ExportError
from slipway.onnx.export import export_model
from slipway.onnx.inspect import ModelFacts, inspect_model
from slipway.onnx.scikit_learn import TARGET_OPSET
from slipway.task import TaskKind


def write_model(path, nodes, constants=(), **options):
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])]
    graph = helper.make_graph(nodes, "small", inputs, outputs, initializer=list(constants))
    model = helper.make_model(graph, ir_version=8, producer_name="hand", producer_version="1", **options)
    path.write_bytes(model.SerializeToString())
    return path


def weights(location=None):
    tensor = numpy_helper.from_array(np.ones((2, 2), dtype=np.float32), "w")
    if location is not None:
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
    return tensor


MATMUL = helper.make_node("MatMul", ["x", "w"], ["y"])


def test_facts_of_an_exported_model(fitted, task, tmp_path):
    path = tmp_path / "model.onnx"
    model = fitted(Ridge(), TaskKind.REGRESSION, "scaled", "one-hot")
    path.write_bytes(export_model(model, task(TaskKind.REGRESSION), name="flights"))
    facts = inspect_model(path)
    assert facts.opsets.keys() == {"ai.onnx", "ai.onnx.ml"}
    assert facts.opsets["ai.onnx"] <= TARGET_OPSET[""]
    assert facts.opsets["ai.onnx.ml"] <= TARGET_OPSET["ai.onnx.ml"]
    assert facts.producer == "slipway"
    assert facts.size_bytes == path.stat().st_size
    assert facts.nodes["ai.onnx.ml.LinearRegressor"] == 1
    assert facts.nodes["ai.onnx.ml.OneHotEncoder"] == 2
    assert facts.parameters >= len(model[-1].coef_) + 1
    assert (facts.external_data, facts.custom_domains) == ((), ())
    facts.require_self_contained()


def test_facts_of_a_hand_made_model(tmp_path):
    path = write_model(tmp_path / "m.onnx", [MATMUL], [weights()], opset_imports=[helper.make_opsetid("", 17)])
    assert inspect_model(path) == ModelFacts(
        opsets={"ai.onnx": 17},
        ir_version=8,
        producer="hand 1",
        nodes={"MatMul": 1},
        parameters=4,
        size_bytes=path.stat().st_size,
        external_data=(),
        custom_domains=(),
    )


def test_custom_operators_are_listed_by_domain(tmp_path):
    odd = helper.make_node("Twist", ["x"], ["y"], domain="com.example")
    facts = inspect_model(write_model(tmp_path / "m.onnx", [odd]))
    assert facts.custom_domains == ("com.example",)
    with pytest.raises(ExportError, match=r"not self-contained.*com\.example"):
        facts.require_self_contained()


def test_a_function_that_the_model_defines_is_no_custom_operator(tmp_path):
    body = [helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["c"])]
    function = helper.make_function("local", "Bend", ["a"], ["c"], body, [helper.make_opsetid("", 17)])
    call = helper.make_node("Bend", ["x"], ["y"], domain="local")
    facts = inspect_model(write_model(tmp_path / "m.onnx", [call], functions=[function]))
    assert facts.custom_domains == ()
    assert facts.nodes == {"Neg": 1, "Relu": 1, "local.Bend": 1}


def nested_model(path, location=None):
    output = helper.make_tensor_value_info("z", TensorProto.FLOAT, [None, 2])
    branch = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["z"])], "b", [], [output], [weights(location)]
    )
    condition = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array(True)))
    choice = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    return write_model(path, [condition, choice])


def test_subgraphs_are_counted(tmp_path):
    facts = inspect_model(nested_model(tmp_path / "m.onnx"))
    assert facts.nodes == {"Constant": 1, "If": 1, "MatMul": 2}
    assert facts.parameters == 8


def test_external_data_beside_the_model_is_listed_and_counted(tmp_path):
    (tmp_path / "w.bin").write_bytes(np.ones(4, dtype=np.float32).tobytes())
    path = write_model(tmp_path / "m.onnx", [MATMUL], [weights("w.bin")])
    facts = inspect_model(path)
    assert facts.external_data == ("w.bin",)
    assert facts.size_bytes == path.stat().st_size + 16
    with pytest.raises(ExportError, match=r"not self-contained.*w\.bin"):
        facts.require_self_contained()


def test_missing_external_data_is_an_error(tmp_path):
    with pytest.raises(ExportError, match="lacks its external data 'w.bin'"):
        inspect_model(write_model(tmp_path / "m.onnx", [MATMUL], [weights("w.bin")]))


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "inner/../../secret.bin", "link.bin"])
def test_external_data_outside_the_folder_is_refused(tmp_path, location):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(ExportError, match="keeps tensors outside its folder"):
        inspect_model(write_model(folder / "m.onnx", [MATMUL], [weights(location)]))


def test_external_data_of_a_subgraph_outside_the_folder_is_refused(tmp_path):
    with pytest.raises(ExportError, match="keeps tensors outside its folder"):
        inspect_model(nested_model(tmp_path / "m.onnx", "../secret.bin"))


def test_external_data_of_an_attribute_outside_the_folder_is_refused(tmp_path):
    node = helper.make_node("Constant", [], ["w"])
    node.attribute.append(helper.make_attribute("value", weights("../secret.bin")))
    with pytest.raises(ExportError, match="keeps tensors outside its folder"):
        inspect_model(write_model(tmp_path / "m.onnx", [node, MATMUL]))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xff not a model", onnx.ModelProto(ir_version=8).SerializeToString()]
)
def test_a_file_that_is_no_model_is_an_error(tmp_path, content):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ExportError, match="ONNX model"):
        inspect_model(path)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ExportError, match=r"'m\.onnx' cannot be read"):
        inspect_model(tmp_path / "m.onnx")
