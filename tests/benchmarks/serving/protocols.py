"""The three ways to ask: JSON, the binary tensor extension, gRPC. Requests as bytes, answers as arrays.

Source: Open Inference Protocol v2, "Inference Request" and "Binary Tensor Data Extension"; "gRPC".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from slipway.onnx.session import Tensor
from slipway.onnx.signature import Datatype, ModelSignature
from slipway.onnx.tensor_json import values_from_json
from tests.benchmarks.serving.messages import ModelInferRequest, ModelInferResponse

PROTOCOLS = ("json", "binary", "grpc")
HEADER_LENGTH = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Body:
    """The bytes of one request and the HTTP headers that they need."""

    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


def json_body(signature: ModelSignature, row: Mapping[str, Tensor]) -> Body:
    """Write each FP32 value with as few digits as name it."""
    tensors = [
        {
            "name": spec.name,
            "shape": list(row[spec.name].shape),
            "datatype": spec.datatype,
            "data": _json_values(row[spec.name]),
        }
        for spec in signature.inputs
    ]
    content = json.dumps({"inputs": tensors}, separators=(",", ":")).encode()
    return Body(content, {"Content-Type": "application/json"})


def binary_body(signature: ModelSignature, row: Mapping[str, Tensor]) -> Body:
    """Put every tensor behind the JSON header, and ask for the outputs in the same form."""
    raw = [raw_bytes(row[spec.name]) for spec in signature.inputs]
    tensors = [
        {
            "name": spec.name,
            "shape": list(row[spec.name].shape),
            "datatype": spec.datatype,
            "parameters": {"binary_data_size": len(data)},
        }
        for spec, data in zip(signature.inputs, raw, strict=True)
    ]
    request = {"inputs": tensors, "parameters": {"binary_data_output": True}}
    header = json.dumps(request, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(header))}
    return Body(header + b"".join(raw), headers)


def grpc_body(signature: ModelSignature, row: Mapping[str, Tensor], model: str) -> Body:
    """Serialise a ModelInferRequest with raw contents."""
    request = ModelInferRequest(model_name=model)
    for spec in signature.inputs:
        request.inputs.add(name=spec.name, datatype=spec.datatype, shape=row[spec.name].shape)
        request.raw_input_contents.append(raw_bytes(row[spec.name]))
    return Body(request.SerializeToString())


def json_answer(content: bytes) -> dict[str, Tensor]:
    """Read the outputs of a JSON response."""
    return {one["name"]: _from_json(one) for one in json.loads(content)["outputs"]}


def binary_answer(content: bytes, header_length: int) -> dict[str, Tensor]:
    """Read the outputs of a response with binary tensors behind its JSON header."""
    outputs, place = {}, header_length
    for one in json.loads(content[:header_length])["outputs"]:
        size = one.get("parameters", {}).get("binary_data_size")
        if size is None:
            outputs[one["name"]] = _from_json(one)
            continue
        outputs[one["name"]] = _from_raw(one["datatype"], one["shape"], content[place : place + size])
        place += size
    return outputs


def grpc_answer(content: bytes) -> dict[str, Tensor]:
    """Read the outputs of a ModelInferResponse, of raw or of typed contents."""
    response = ModelInferResponse.FromString(content)
    if response.raw_output_contents:
        pairs = zip(response.outputs, response.raw_output_contents, strict=True)
        return {one.name: _from_raw(one.datatype, one.shape, raw) for one, raw in pairs}
    return {one.name: _from_contents(one) for one in response.outputs}


def raw_bytes(tensor: Tensor) -> bytes:
    """Little-endian values; each string with its length before it."""
    if tensor.dtype != object:
        return tensor.tobytes()
    texts = [text.encode() for text in tensor.ravel().tolist()]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def _json_values(tensor: Tensor) -> list[Any]:
    flat = tensor.ravel()
    return [float(str(value)) for value in flat] if flat.dtype == np.float32 else flat.tolist()


def _from_json(one: dict[str, Any]) -> Tensor:
    return values_from_json(one["name"], Datatype(one["datatype"]), one["shape"], one["data"])


def _from_raw(datatype: str, shape: Sequence[int], data: bytes) -> Tensor:
    values: Tensor = np.frombuffer(data, Datatype(datatype).numpy).reshape(tuple(shape))
    return values


def _from_contents(one: Any) -> Tensor:
    fields = one.contents.ListFields()
    values = list(fields[0][1]) if fields else []
    return np.array(values, Datatype(one.datatype).numpy).reshape(tuple(one.shape))
