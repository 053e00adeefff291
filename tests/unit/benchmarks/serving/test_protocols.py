import numpy as np
import pytest

from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec
from tests.benchmarks.serving.answers import AnswerError, require_same
from tests.benchmarks.serving.messages import ModelInferRequest, ModelInferResponse
from tests.benchmarks.serving.protocols import binary_answer, binary_body, grpc_answer, grpc_body, json_body

SIGNATURE = ModelSignature(
    inputs=(TensorSpec("x", Datatype.FP32, (-1, 2)), TensorSpec("carrier", Datatype.BYTES, (-1, 1))), outputs=()
)
ROW = {"x": np.array([[0.1, 2.0]], np.float32), "carrier": np.array([["AA"]], object)}


def test_json_writes_floats_with_as_few_digits_as_name_them() -> None:
    assert b'"data":[0.1,2.0]' in json_body(SIGNATURE, ROW).content


def test_binary_tensors_stand_behind_their_header() -> None:
    body = binary_body(SIGNATURE, ROW)
    length = int(body.headers["Inference-Header-Content-Length"])
    assert body.content[length:] == ROW["x"].tobytes() + b"\x02\x00\x00\x00AA"
    assert b'"binary_data_size":6' in body.content[:length]


def test_binary_answers_may_mix_binary_and_json_tensors() -> None:
    header = (
        b'{"outputs":[{"name":"a","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}},'
        b'{"name":"b","datatype":"FP32","shape":[2],"data":[1.0,2.0]}]}'
    )
    outputs = binary_answer(header + np.array([7]).tobytes(), len(header))
    assert (outputs["a"].tolist(), outputs["b"].tolist()) == ([7], [1.0, 2.0])


def test_grpc_requests_name_the_model_and_carry_raw_tensors() -> None:
    request = ModelInferRequest.FromString(grpc_body(SIGNATURE, ROW, "tab").content)
    assert (request.model_name, list(request.inputs[0].shape)) == ("tab", [1, 2])
    assert request.raw_input_contents[0] == ROW["x"].tobytes()


def test_grpc_answers_are_read_from_typed_contents_too() -> None:
    response = ModelInferResponse()
    response.outputs.add(name="y", datatype="INT64", shape=[2]).contents.int64_contents.extend([1, 0])
    assert grpc_answer(response.SerializeToString())["y"].tolist() == [1, 0]


@pytest.mark.parametrize("wrong", [{"y": np.zeros(2)}, {"y": np.ones((2, 1))}, {"z": np.ones(2)}])
def test_wrong_answers_are_refused(wrong: dict[str, np.ndarray]) -> None:
    require_same({"y": np.ones(2)}, {"y": np.ones(2)})
    with pytest.raises(AnswerError):
        require_same(wrong, {"y": np.ones(2)})
