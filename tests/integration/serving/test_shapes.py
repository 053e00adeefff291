"""Models of other shapes than rows of numbers: scalars, symbolic dimensions, int8, several in one server."""

import struct

import grpc
import numpy as np
import pytest
from onnx import TensorProto, helper

from serving.grpc.protos import open_inference_pb2 as pb
from tests.support.echo_models import echoing
from tests.support.plain_models import model_of, save, scaling
from tests.support.rest_client import entry, infer, infer_binary
from tests.support.serving_process import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    models = {"scalars": scalars(), "joined": joined(), "fixed": echoing("FP32", shape=(2, 3))}
    models |= {"quantised": quantised(), "scaling": scaling(3.0)}
    for name, model in models.items():
        save(folder / name / "model.onnx", model)
    with serving("--model-dir", str(folder)) as server:
        yield server


def scalars():
    """`y = x * n`, all of no dimension."""
    nodes = [
        helper.make_node("Cast", ["n"], ["factor"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "factor"], ["y"]),
        helper.make_node("Identity", ["n"], ["n_out"]),
    ]
    return model_of(
        nodes,
        {"x": (TensorProto.FLOAT, []), "n": (TensorProto.INT64, [])},
        {"y": (TensorProto.FLOAT, []), "n_out": (TensorProto.INT64, [])},
    )


def joined():
    """Two inputs of any number of columns, side by side."""
    return model_of(
        [helper.make_node("Concat", ["a", "b"], ["both"], axis=1)],
        {"a": (TensorProto.INT32, ["rows", "left"]), "b": (TensorProto.INT32, ["rows", "right"])},
        {"both": (TensorProto.INT32, ["rows", "columns"])},
    )


def quantised():
    """A layer of int8 weights over int8 inputs, as quantisation leaves it: `y ≈ x · [[1, -1], [0.5, 2]]`."""
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "x_scale", "zero"], ["x_int8"]),
        helper.make_node(
            "QLinearMatMul",
            ["x_int8", "x_scale", "zero", "weights", "w_scale", "zero", "y_scale", "zero"],
            ["y_int8"],
        ),
        helper.make_node("DequantizeLinear", ["y_int8", "y_scale", "zero"], ["y"]),
    ]
    constants = {
        "x_scale": np.float32(0.05),
        "w_scale": np.float32(1 / 64),
        "y_scale": np.float32(0.1),
        "zero": np.int8(0),
        "weights": np.array([[64, -64], [32, 127]], np.int8),
    }
    x, y = (TensorProto.FLOAT, ["rows", 2]), (TensorProto.FLOAT, ["rows", 2])
    return model_of(nodes, {"x": x}, {"y": y}, constants)


def test_scalars_have_no_dimension(server):
    outputs = infer(server, "scalars", entry("x", "FP32", [], [1.5]), entry("n", "INT64", [], [-4]))
    assert (outputs["y"]["shape"], outputs["y"]["data"]) == ([], [-6.0])
    assert outputs["n_out"]["data"] == [-4]

    raws, _ = infer_binary(
        server, "scalars", ("x", "FP32", [], struct.pack("<f", 2)), ("n", "INT64", [], struct.pack("<q", 3))
    )
    assert raws == [struct.pack("<f", 6), struct.pack("<q", 3)]

    request = pb.ModelInferRequest(model_name="scalars")
    request.inputs.add(name="x", datatype="FP32").contents.fp32_contents.append(0.5)
    request.inputs.add(name="n", datatype="INT64").contents.int64_contents.append(8)
    with grpc.insecure_channel(server.address) as channel:
        ask = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        answer = ask(request, timeout=60)
    assert [list(output.shape) for output in answer.outputs] == [[], []]
    assert list(answer.outputs[0].contents.fp32_contents) == [4.0]


@pytest.mark.parametrize(("left", "right", "rows"), [(1, 1, 1), (3, 1, 2), (1, 4, 5), (17, 9, 64)])
def test_symbolic_dimensions_take_any_size(server, left, right, rows):
    a = np.arange(rows * left, dtype=np.int32).reshape(rows, left)
    b = -np.arange(rows * right, dtype=np.int32).reshape(rows, right)

    output = infer(
        server,
        "joined",
        entry("a", "INT32", [rows, left], a.ravel().tolist()),
        entry("b", "INT32", [rows, right], b.tolist()),
    )["both"]

    assert output["shape"] == [rows, left + right]
    assert output["data"] == np.hstack([a, b]).ravel().tolist()


@pytest.mark.parametrize(
    ("model", "shape"), [("fixed", [3, 2]), ("fixed", [6]), ("joined", [0, 2]), ("joined", [2**63, 2])]
)
def test_other_shapes_are_refused_by_name(server, model, shape):
    name, kind = ("fp32", "FP32") if model == "fixed" else ("a", "INT32")
    answer = server.ask("POST", f"/v2/models/{model}/infer", {"inputs": [entry(name, kind, shape, [1] * 6)]})
    assert answer.status == 400
    assert f"'{name}'" in answer.json["error"]


def test_a_fixed_shape_takes_flat_and_nested_values(server):
    flat, nested = [1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]
    for data in (flat, nested):
        assert infer(server, "fixed", entry("fp32", "FP32", [2, 3], data))["fp32_out"]["data"] == flat


def test_an_int8_model_answers_close_to_what_it_was_made_from(server):
    x = np.array([[1.0, 2.0], [-3.0, 0.5], [0.0, -1.0]], np.float32)
    expected = x @ np.array([[1, -1], [0.5, 127 / 64]])

    output = infer(server, "quantised", entry("x", "FP32", [3, 2], x.ravel().tolist()))["y"]

    assert np.abs(np.reshape(output["data"], (3, 2)) - expected).max() <= 0.1  # one step of the output's scale


def test_models_of_one_server_do_not_mix(server):
    metadata = server.ask("GET", "/v2/models/quantised").json
    assert [tensor["datatype"] for tensor in metadata["inputs"]] == ["FP32"]
    values = {"scaling": [3.0, 6.0], "quantised": [2.0, 3.0]}
    for _ in range(2):
        for model, expected in values.items():
            (output,) = infer(server, model, entry("x", "FP32", [1, 2], [1, 2])).values()
            assert output["data"] == pytest.approx(expected, abs=0.1)
    index = server.ask("POST", "/v2/repository/index").json
    assert {each["name"] for each in index} == {"scalars", "joined", "fixed", *values}
