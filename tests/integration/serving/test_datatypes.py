"""Every datatype and shape that ONNX and the protocol share, through real processes, in every form."""

import json
import struct

import grpc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from serving.grpc.protos import open_inference_pb2 as pb
from tests.support.echo_models import TYPES, echoing
from tests.support.plain_models import model_of, save, scaling
from tests.support.serving_process import serving

pytestmark = pytest.mark.slow

BINARY_HEADER = "inference-header-content-length"
FLOATS = ("FP16", "BF16", "FP32", "FP64")

# Extreme values in JSON; of floats those whose shortest text says them exactly.
IN_JSON = {
    "BOOL": [True, False, True],
    **{f"UINT{bits}": [0, 1, 2**bits - 1] for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": [-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1] for bits in (8, 16, 32, 64)},
    "FP16": [6.103515625e-05, -65504.0, 0.5],
    "BF16": [1.5, -(2.0**100), 0.0078125],
    "FP32": [3.4028234663852886e38, -1.5, 1.1754943508222875e-38],
    "FP64": [1.7976931348623157e308, -0.1, 5e-324],
    "BYTES": ["", 'quotes " and \\ and \0 and \n', "żółw 🐢 \u2028 ﷽"],
}

# Bit patterns in binary: zeros of both signs, infinities, NaN, the largest and the smallest.
BITS = {
    "FP16": ("<H", [0x0000, 0x8000, 0x7C00, 0xFC00, 0x7E00, 0x7BFF, 0x0001]),
    "BF16": ("<H", [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC0, 0x7F7F, 0x0080]),
    "FP32": ("<I", [0, 1 << 31, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 1]),
    "FP64": ("<Q", [0, 1 << 63, 0x7FF << 52, 0xFFF << 52, 0x7FF8 << 48, (0x7FF << 52) - 1, 1]),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("datatypes")
    models = {kind.lower(): echoing(kind, shape=("rows",)) for kind in TYPES}
    models["every"] = echoing(*TYPES, shape=("rows", 2))
    models |= {"scalars": scalars(), "joined": joined(), "fixed": echoing("FP32", shape=(2, 3))}
    models |= {"quantised": quantised(), "scaling": scaling(3.0)}
    for name, model in models.items():
        save(folder / name / "model.onnx", model)
    with serving("--model-dir", str(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def infer(server):
    with grpc.insecure_channel(server.address) as channel:
        yield channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )


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


def entry(name, datatype, shape, data=None, **parameters):
    content = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        content["data"] = data
    return {**content, "parameters": parameters} if parameters else content


def ask(server, model, *inputs, **more):
    answer = server.ask("POST", f"/v2/models/{model}/infer", {"inputs": inputs, **more})
    assert answer.status == 200, answer.body
    return {output["name"]: output for output in answer.json["outputs"]}


def ask_binary(server, model, *tensors):
    """Send (name, datatype, shape, bytes) each; return the bytes of the outputs, and their JSON."""
    inputs = [entry(name, kind, shape, binary_data_size=len(raw)) for name, kind, shape, raw in tensors]
    text = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    body = text + b"".join(raw for *_, raw in tensors)
    answer = server.ask("POST", f"/v2/models/{model}/infer", body, {BINARY_HEADER: str(len(text))})
    assert answer.status == 200, answer.body
    end = int(answer.headers[BINARY_HEADER])
    outputs, raws = json.loads(answer.body[:end])["outputs"], []
    for output in outputs:
        start, end = end, end + output["parameters"]["binary_data_size"]
        raws.append(answer.body[start:end])
    assert end == len(answer.body)
    return raws, outputs


def raw_of(datatype, values):
    """The raw form of values of JSON."""
    if datatype == "BYTES":
        return b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in values)
    if datatype == "BF16":
        return (np.array(values, np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return np.array(values, onnx.helper.tensor_dtype_to_np_dtype(TYPES[datatype])).tobytes()


@pytest.mark.parametrize("datatype", TYPES)
def test_json_carries_the_extreme_values(server, datatype):
    values = IN_JSON[datatype]

    output = ask(server, datatype.lower(), entry(datatype.lower(), datatype, [3], values))

    assert output[f"{datatype.lower()}_out"]["datatype"] == datatype
    returned = output[f"{datatype.lower()}_out"]["data"]
    if datatype in FLOATS:
        assert raw_of(datatype, returned) == raw_of(datatype, values)
    else:
        assert returned == values


@pytest.mark.parametrize("datatype", TYPES)
def test_binary_carries_the_same_bytes_back(server, datatype):
    raw = raw_of(datatype, IN_JSON[datatype])
    if datatype in BITS:
        letter, patterns = BITS[datatype]
        raw = b"".join(struct.pack(letter, pattern) for pattern in patterns)
    count = len(BITS[datatype][1]) if datatype in BITS else 3

    (answered,), (output,) = ask_binary(server, datatype.lower(), (datatype.lower(), datatype, [count], raw))

    assert (output["datatype"], output["shape"]) == (datatype, [count])
    assert answered == raw


@pytest.mark.parametrize("datatype", TYPES)
def test_grpc_carries_the_same_bytes_back(infer, datatype):
    raw = raw_of(datatype, IN_JSON[datatype])
    request = pb.ModelInferRequest(model_name=datatype.lower(), raw_input_contents=[raw])
    request.inputs.add(name=datatype.lower(), datatype=datatype, shape=[3])

    answer = infer(request, timeout=60)

    assert [answer.outputs[0].datatype, *answer.outputs[0].shape] == [datatype, 3]
    assert list(answer.raw_output_contents) == [raw]


@pytest.mark.parametrize("datatype", [kind for kind in TYPES if kind not in ("FP16", "BF16")])
def test_grpc_carries_typed_values(infer, datatype):
    field = "int" if datatype in ("INT8", "INT16", "INT32") else datatype.lower()
    field = f"{'uint' if datatype in ('UINT8', 'UINT16', 'UINT32') else field}_contents"
    values = [text.encode() for text in IN_JSON["BYTES"]] if datatype == "BYTES" else IN_JSON[datatype]
    request = pb.ModelInferRequest(model_name=datatype.lower())
    contents = request.inputs.add(name=datatype.lower(), datatype=datatype, shape=[3]).contents
    getattr(contents, field).extend(values)

    output = infer(request, timeout=60).outputs[0]

    assert list(getattr(output.contents, field)) == list(getattr(contents, field))


@pytest.mark.parametrize("datatype", FLOATS)
def test_json_says_null_where_there_is_no_number(server, datatype):
    letter, patterns = BITS[datatype]
    raw = b"".join(struct.pack(letter, pattern) for pattern in patterns[2:5])
    text = json.dumps({"inputs": [entry(datatype.lower(), datatype, [3], binary_data_size=len(raw))]}).encode()
    answer = server.ask(
        "POST", f"/v2/models/{datatype.lower()}/infer", text + raw, {BINARY_HEADER: str(len(text))}
    )
    assert answer.json["outputs"][0]["data"] == [None, None, None]


def test_all_datatypes_travel_together_in_any_order_some_raw_and_some_not(server):
    inputs, tail = [], b""
    for number, datatype in enumerate(reversed(list(TYPES))):
        values = IN_JSON[datatype][:2]
        if number % 2:
            raw = raw_of(datatype, values)
            inputs.append(entry(datatype.lower(), datatype, [1, 2], binary_data_size=len(raw)))
            tail += raw
        else:
            inputs.append(entry(datatype.lower(), datatype, [1, 2], [values]))
    wanted = [{"name": f"{kind.lower()}_out"} for kind in ("BYTES", "UINT64", "BOOL")]
    text = json.dumps({"inputs": inputs, "outputs": wanted, "id": "é"}).encode()

    answer = server.ask("POST", "/v2/models/every/infer", text + tail, {BINARY_HEADER: str(len(text))})

    assert answer.status == 200, answer.body
    assert answer.json["id"] == "é"
    assert [(output["name"], output["data"]) for output in answer.json["outputs"]] == [
        (f"{kind.lower()}_out", IN_JSON[kind][:2]) for kind in ("BYTES", "UINT64", "BOOL")
    ]


def test_scalars_have_no_dimension(server, infer):
    outputs = ask(server, "scalars", entry("x", "FP32", [], [1.5]), entry("n", "INT64", [], [-4]))
    assert (outputs["y"]["shape"], outputs["y"]["data"]) == ([], [-6.0])
    assert outputs["n_out"]["data"] == [-4]

    raws, _ = ask_binary(
        server, "scalars", ("x", "FP32", [], struct.pack("<f", 2)), ("n", "INT64", [], struct.pack("<q", 3))
    )
    assert raws == [struct.pack("<f", 6), struct.pack("<q", 3)]

    request = pb.ModelInferRequest(model_name="scalars")
    request.inputs.add(name="x", datatype="FP32").contents.fp32_contents.append(0.5)
    request.inputs.add(name="n", datatype="INT64").contents.int64_contents.append(8)
    answer = infer(request, timeout=60)
    assert [list(output.shape) for output in answer.outputs] == [[], []]
    assert list(answer.outputs[0].contents.fp32_contents) == [4.0]


@pytest.mark.parametrize(("left", "right", "rows"), [(1, 1, 1), (3, 1, 2), (1, 4, 5), (17, 9, 64)])
def test_symbolic_dimensions_take_any_size(server, left, right, rows):
    a = np.arange(rows * left, dtype=np.int32).reshape(rows, left)
    b = -np.arange(rows * right, dtype=np.int32).reshape(rows, right)

    output = ask(
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
        assert ask(server, "fixed", entry("fp32", "FP32", [2, 3], data))["fp32_out"]["data"] == flat


def test_an_int8_model_answers_close_to_what_it_was_made_from(server):
    x = np.array([[1.0, 2.0], [-3.0, 0.5], [0.0, -1.0]], np.float32)
    expected = x @ np.array([[1, -1], [0.5, 127 / 64]])

    output = ask(server, "quantised", entry("x", "FP32", [3, 2], x.ravel().tolist()))["y"]

    assert np.abs(np.reshape(output["data"], (3, 2)) - expected).max() <= 0.1  # one step of the output's scale


def test_models_of_one_server_do_not_mix(server):
    metadata = server.ask("GET", "/v2/models/quantised").json
    assert [tensor["datatype"] for tensor in metadata["inputs"]] == ["FP32"]
    values = {"scaling": [3.0, 6.0], "quantised": [2.0, 3.0]}
    for _ in range(2):
        for model, expected in values.items():
            (output,) = ask(server, model, entry("x", "FP32", [1, 2], [1, 2])).values()
            assert output["data"] == pytest.approx(expected, abs=0.1)
    index = server.ask("POST", "/v2/repository/index").json
    assert {each["name"] for each in index} == {
        *map(str.lower, TYPES),
        "every",
        "scalars",
        "joined",
        "fixed",
        *values,
    }
