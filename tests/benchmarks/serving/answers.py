"""Whether a server answers as the model itself does, asked once before and once after the load."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

import grpc
import numpy as np

from slipway.onnx.session import Tensor
from tests.benchmarks.serving.messages import METHOD
from tests.benchmarks.serving.protocols import HEADER_LENGTH, Body, binary_answer, grpc_answer, json_answer
from tests.benchmarks.serving.servers import Running

_SECONDS = 30
_RELATIVE, _ABSOLUTE = 1e-3, 1e-4  # a batch is summed in another order than a row


class AnswerError(Exception):
    """A server refused a request or answered it wrongly."""


def ask(server: Running, protocol: str, model: str, body: Body) -> tuple[dict[str, Tensor], int]:
    """Ask once; return the outputs and the bytes of the answer's body.

    Raises:
        AnswerError: the server refused.
    """
    if protocol == "grpc":
        if not server.grpc:
            raise AnswerError("the server announced no address for gRPC")
        content = _ask_grpc(server.grpc.removeprefix("http://"), body)
        return grpc_answer(content), len(content)
    content, header_length = _ask_http(server.address, f"/v2/models/{model}/infer", body)
    outputs = binary_answer(content, header_length) if header_length else json_answer(content)
    return outputs, len(content)


def require_same(got: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise AnswerError unless every output has the expected values."""
    if set(got) != set(expected):
        raise AnswerError(f"the outputs are {sorted(got)}, expected {sorted(expected)}")
    for name, values in expected.items():
        if got[name].shape != values.shape or not np.allclose(got[name], values, _RELATIVE, _ABSOLUTE):
            raise AnswerError(f"output '{name}' is {got[name].tolist()}, expected {values.tolist()}"[:500])


def _ask_http(address: str, path: str, body: Body) -> tuple[bytes, int]:
    connection = http.client.HTTPConnection(address, timeout=_SECONDS)
    try:
        connection.request("POST", path, body.content, body.headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise AnswerError(f"no answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise AnswerError(f"HTTP {response.status}: {content[:300]!r}")
    return content, int(response.headers.get(HEADER_LENGTH, "0"))


def _ask_grpc(address: str, body: Body) -> bytes:
    with grpc.insecure_channel(address) as channel:
        try:
            content: bytes = channel.unary_unary(METHOD)(body.content, timeout=_SECONDS)
        except grpc.RpcError as error:
            raise AnswerError(f"gRPC: {error}"[:500]) from error
    return content
