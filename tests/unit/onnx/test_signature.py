import pytest
from onnx import TensorProto, helper

from slipway.errors import ExportError
from slipway.onnx.session import OnnxModel
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec, tensor_spec


def write_model(path, kinds, nodes, opset=18):
    inputs = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in kinds["inputs"]]
    outputs = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in kinds["outputs"]]
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(helper.make_graph(nodes, "m", inputs, outputs), opset_imports=opsets, ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def test_signature_keeps_names_types_and_free_dimensions_in_order(tmp_path):
    kinds = {
        "inputs": [("b", TensorProto.STRING, ["rows", 1]), ("a", TensorProto.FLOAT, [None, 3])],
        "outputs": [("y", TensorProto.INT64, ["rows", 3]), ("z", TensorProto.STRING, ["rows", 1])],
    }
    nodes = [
        helper.make_node("Cast", ["a"], ["y"], to=TensorProto.INT64),
        helper.make_node("Identity", ["b"], ["z"]),
    ]
    assert OnnxModel.open(write_model(tmp_path / "m.onnx", kinds, nodes)).signature == ModelSignature(
        inputs=(
            TensorSpec(name="b", datatype=Datatype.BYTES, shape=(-1, 1)),
            TensorSpec(name="a", datatype=Datatype.FP32, shape=(-1, 3)),
        ),
        outputs=(
            TensorSpec(name="y", datatype=Datatype.INT64, shape=(-1, 3)),
            TensorSpec(name="z", datatype=Datatype.BYTES, shape=(-1, 1)),
        ),
    )


def test_a_map_among_the_outputs_is_refused(tmp_path):
    zipmap = helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    output = helper.make_empty_tensor_value_info("y")
    graph = helper.make_graph([zipmap], "m", [value], [output])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
    with pytest.raises(ExportError, match=r"Tensor 'y' cannot be served.*seq\(map"):
        OnnxModel.open(path)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ExportError, match=r"ONNX Runtime cannot load m\.onnx"):
        OnnxModel.open(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"ONNX Runtime cannot load m\.onnx"):
        OnnxModel.open(tmp_path / "m.onnx")


@pytest.mark.parametrize("datatype", Datatype)
def test_every_datatype_has_an_onnx_counterpart_of_the_same_numpy_type(datatype):
    names = {"BYTES": "string", "FP16": "float16", "BF16": "bfloat16", "FP32": "float", "FP64": "double"}
    spec = tensor_spec("x", f"tensor({names.get(datatype, datatype.lower())})", ["rows", 4])
    assert spec == TensorSpec(name="x", datatype=datatype, shape=(-1, 4))
    assert datatype.numpy.itemsize > 0
