"""Inference over REST as a client without any library writes it."""

from __future__ import annotations

import json
from typing import Any

from tests.support.serving_process import ServingProcess

BINARY_HEADER = "inference-header-content-length"

RawTensor = tuple[str, str, list[int], bytes]  # name, datatype, shape, values


def entry(name: str, datatype: str, shape: list[int], data: Any = None, **parameters: Any) -> dict[str, Any]:
    """One input of a request."""
    content: dict[str, Any] = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        content["data"] = data
    return {**content, "parameters": parameters} if parameters else content


def infer(server: ServingProcess, model: str, *inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Ask in JSON; return the outputs by name."""
    answer = server.ask("POST", f"/v2/models/{model}/infer", {"inputs": inputs, **more})
    assert answer.status == 200, answer.body
    return {output["name"]: output for output in answer.json["outputs"]}


def infer_binary(
    server: ServingProcess, model: str, *tensors: RawTensor
) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Ask with raw tensors; return the bytes of the outputs, and their JSON."""
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
