"""How the answers of a model are written for HTTP: those of one run together."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Protocol, cast

from serving.http.exchange import JSON, head
from serving.http.reply import HttpReply
from serving.inference.request import InferRequest, Writer
from serving.models.served import ServedModel
from serving.observe.metrics import ModelMetrics
from serving.tensors.json_batch import JsonBatch
from slipway.onnx.session import Tensor


class HttpWriter(Writer, Protocol):
    """A writer of one form."""


class JsonWriter:
    """JSON of the Open Inference Protocol."""

    def __init__(self, model: ServedModel) -> None:
        self._json = JsonBatch(model.name, model.version, model.plan)
        self._head = head(200, JSON, model.headers)
        self._metrics = model.metrics

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer requests of one group; see `Writer.write`."""
        replies = cast("list[HttpReply]", [request.reply for request in requests])
        rows = [request.rows for request in requests]
        bodies = self._json.bodies(outputs, requests[0].outputs, rows, [reply.question.id for reply in replies])
        response_head = self._head
        for reply, body in zip(replies, bodies, strict=True):
            reply.exchange.respond(200, response_head, body)
        count_answers(self._metrics, requests, replies, bodies)


def count_answers(
    metrics: ModelMetrics, requests: Sequence[InferRequest], replies: Sequence[HttpReply], bodies: Sequence[bytes]
) -> None:
    """Count the answers to the requests of one run."""
    now = monotonic()
    bytes_in = sum([len(reply.exchange.body) for reply in replies])
    seconds = [now - request.arrived for request in requests]
    metrics.observe_answers("rest", "200", seconds, bytes_in, sum(map(len, bodies)))


class BinaryWriter(JsonWriter):
    """soon"""
