"""ModelInfer requests for the tiny models."""

from __future__ import annotations

import numpy as np

from serving.grpc.messages import prefix
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest


def picking_request(*indices: int, **fields: str) -> ModelInferRequest:
    """Ask `picking_bundle` for some of its three values."""
    request = ModelInferRequest(model_name="picking", **fields)
    request.inputs.add(name="index", datatype="INT64", shape=[len(indices), 1])
    request.raw_input_contents.append(np.array(indices, np.int64).tobytes())
    return request


def wide_request(values: np.ndarray) -> ModelInferRequest:
    """Ask `wide_bundle` for twice the values."""
    request = ModelInferRequest(model_name="wide")
    request.inputs.add(name="x", datatype="FP32", shape=values.shape)
    request.raw_input_contents.append(values.tobytes())
    return request


def as_message(content: bytes, flag: int = 0) -> bytes:
    """Put a message's prefix before it."""
    return prefix.pack(flag, len(content)) + content
