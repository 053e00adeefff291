"""Every datatype that ONNX and the protocol share, through real processes, in every form."""

import json
import struct

import grpc
import numpy as np
import onnx
import pytest

from serving.grpc.protos import open_inference_pb2 as pb
from tests.support.echo_models import TYPES, echoing
from tests.support.plain_models import save
from tests.support.rest_client import BINARY_HEADER, entry, infer, infer_binary
from tests.support.serving_process import serving

pytestmark = pytest.mark.slow

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
    for name, model in models.items():
        save(folder / name / "model.onnx", model)
    with serving("--model-dir", str(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def call(server):
    with grpc.insecure_channel(server.address) as channel:
        yield channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )


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

    output = infer(server, datatype.lower(), entry(datatype.lower(), datatype, [3], values))

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

    (answered,), (output,) = infer_binary(server, datatype.lower(), (datatype.lower(), datatype, [count], raw))

    assert (output["datatype"], output["shape"]) == (datatype, [count])
    assert answered == raw


@pytest.mark.parametrize("datatype", TYPES)
def test_grpc_carries_the_same_bytes_back(call, datatype):
    raw = raw_of(datatype, IN_JSON[datatype])
    request = pb.ModelInferRequest(model_name=datatype.lower(), raw_input_contents=[raw])
    request.inputs.add(name=datatype.lower(), datatype=datatype, shape=[3])

    answer = call(request, timeout=60)

    assert [answer.outputs[0].datatype, *answer.outputs[0].shape] == [datatype, 3]
    assert list(answer.raw_output_contents) == [raw]


@pytest.mark.parametrize("datatype", [kind for kind in TYPES if kind not in ("FP16", "BF16")])
def test_grpc_carries_typed_values(call, datatype):
    field = "int" if datatype in ("INT8", "INT16", "INT32") else datatype.lower()
    field = f"{'uint' if datatype in ('UINT8', 'UINT16', 'UINT32') else field}_contents"
    values = [text.encode() for text in IN_JSON["BYTES"]] if datatype == "BYTES" else IN_JSON[datatype]
    request = pb.ModelInferRequest(model_name=datatype.lower())
    contents = request.inputs.add(name=datatype.lower(), datatype=datatype, shape=[3]).contents
    getattr(contents, field).extend(values)

    output = call(request, timeout=60).outputs[0]

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
