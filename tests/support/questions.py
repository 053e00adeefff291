"""The tiny model, asked through an endpoint: over REST and over gRPC."""

from __future__ import annotations

from typing import Any

from serving.grpc.protos import open_inference_pb2 as messages
from tests.support.endpoint import Endpoint
from tests.support.rest_client import entry
from tests.support.tiny_bundle import expected_probability

DISTANCE, CARRIER = 100.0, "AA"
EXPECTED = expected_probability(DISTANCE, CARRIER)

_METHOD = "/inference.GRPCInferenceService/ModelInfer"


def infer_path(model: str) -> str:
    """Where a model is asked."""
    return f"/v2/models/{model}/infer"


def question(rows: int = 1) -> dict[str, Any]:
    """So many rows of the same, as JSON."""
    distance = entry("distance", "FP32", [rows, 1], [DISTANCE] * rows)
    return {"inputs": [distance, entry("carrier", "BYTES", [rows, 1], [CARRIER] * rows)]}


def rest_probability(endpoint: Endpoint, model: str) -> float:
    """P(late) of the row, over REST."""
    answer = endpoint.ask("POST", infer_path(model), question())
    assert answer.status == 200, answer.body
    outputs = {output["name"]: output["data"] for output in answer.json["outputs"]}
    return float(outputs["probabilities"][1])


def grpc_probability(endpoint: Endpoint, model: str) -> float:
    """P(late) of the row, over gRPC."""
    request = messages.ModelInferRequest(model_name=model)
    request.inputs.add(name="distance", datatype="FP32", shape=[1, 1]).contents.fp32_contents.append(DISTANCE)
    request.inputs.add(name="carrier", datatype="BYTES", shape=[1, 1]).contents.bytes_contents.append(
        CARRIER.encode()
    )
    with endpoint.channel() as channel:
        ask = channel.unary_unary(
            _METHOD,
            messages.ModelInferRequest.SerializeToString,
            messages.ModelInferResponse.FromString,
        )
        answer = ask(request, timeout=30)
    names = [output.name for output in answer.outputs]
    if answer.raw_output_contents:
        import numpy as np

        raw = answer.raw_output_contents[names.index("probabilities")]
        return float(np.frombuffer(raw, np.float32)[1])
    return float(answer.outputs[names.index("probabilities")].contents.fp32_contents[1])
