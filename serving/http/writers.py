"""How the answers of a model are written for HTTP: those of one run together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from time import monotonic
from typing import cast

from serving.http.exchange import JSON, head
from serving.http.reply import HttpReply
from serving.inference.batch import split
from serving.inference.request import InferRequest
from serving.models.served import ServedModel
from serving.observe.metrics import ModelMetrics
from serving.tensors.binary_answer import BinaryAnswer
from serving.tensors.json_batch import JsonBatch
from serving.tensors.raw_batch import RawBatch
from slipway.onnx.session import Tensor

BINARY = "application/octet-stream"


class JsonWriter:
    """JSON of the Open Inference Protocol."""

    def __init__(self, model: ServedModel) -> None:
        self._batch = JsonBatch(model.name, model.version, model.plan)
        self._head = head(200, JSON, model.headers)
        self._metrics = model.metrics

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer requests of one group; see `Writer.write`."""
        replies = replies_to(requests)
        rows = [request.rows for request in requests]
        bodies = self._batch.bodies(outputs, requests[0].outputs, rows, [reply.question.id for reply in replies])
        response_head = self._head
        for reply, body in zip(replies, bodies, strict=True):
            reply.exchange.respond(200, response_head, body)
        count_answers(self._metrics, requests, replies, bodies)


class BinaryWriter:
    """The binary tensor extension: JSON, then the outputs' bytes."""

    def __init__(self, model: ServedModel) -> None:
        self._batch = RawBatch(model.name, model.version, model.plan)
        self._single = BinaryAnswer(model.name, model.version, model.plan)
        self._head = lru_cache(maxsize=256)(partial(_binary_head, model))
        self._metrics = model.metrics

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer requests of one group; see `Writer.write`."""
        replies = replies_to(requests)
        bodies = self._bodies(requests, replies, outputs)
        for reply, (body, length) in zip(replies, bodies, strict=True):
            reply.exchange.respond(200, self._head(length), body)
        count_answers(self._metrics, requests, replies, [body for body, _ in bodies])

    def _bodies(
        self, requests: Sequence[InferRequest], replies: Sequence[HttpReply], outputs: Sequence[Tensor]
    ) -> list[tuple[bytes, int]]:
        names = requests[0].outputs
        if all(reply.question.form.binary_outputs is True for reply in replies) and self._batch.takes(names):
            rows = [request.rows for request in requests]
            return self._batch.bodies(outputs, names, rows, [reply.question.id for reply in replies])
        return [
            self._single.write(own, names, reply.question.id, reply.question.form.binary_outputs)
            for reply, own in zip(replies, split(requests, outputs), strict=True)
        ]


class RowsWriter:
    """A form that is written request by request: V1 and CSV."""

    def __init__(
        self,
        model: ServedModel,
        content_type: str,
        write_rows: Callable[[Sequence[Tensor], tuple[str, ...]], bytes],
    ) -> None:
        self._head = head(200, content_type, model.headers)
        self._metrics = model.metrics
        self._write_rows = write_rows

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer requests of one group; see `Writer.write`."""
        replies = replies_to(requests)
        bodies = [self._write_rows(own, requests[0].outputs) for own in split(requests, outputs)]
        for reply, body in zip(replies, bodies, strict=True):
            reply.exchange.respond(200, self._head, body)
        count_answers(self._metrics, requests, replies, bodies)


def _binary_head(model: ServedModel, json_bytes: int) -> bytes:
    return head(200, BINARY, {**model.headers, "inference-header-content-length": str(json_bytes)})


def replies_to(requests: Sequence[InferRequest]) -> list[HttpReply]:
    """Return the replies of requests that came over HTTP: a writer of HTTP gets no others."""
    return cast("list[HttpReply]", [request.reply for request in requests])


def count_answers(
    metrics: ModelMetrics, requests: Sequence[InferRequest], replies: Sequence[HttpReply], bodies: Sequence[bytes]
) -> None:
    """Count the answers to the requests of one run."""
    now = monotonic()
    bytes_in = sum([len(reply.exchange.body) for reply in replies])
    seconds = [now - request.arrived for request in requests]
    metrics.observe_answers("rest", "200", seconds, bytes_in, sum(map(len, bodies)))
