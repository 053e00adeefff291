"""The two paths by which SageMaker and Vertex AI ask their containers: health and predictions.

Sources: Amazon SageMaker AI, "Custom inference code with hosting services" and "Deploy models with
Triton" (the binary content type); Google Vertex AI, "Custom container requirements for inference".
"""

from __future__ import annotations

import re

import orjson

from serving.errors import UnsupportedBodyError
from serving.http.exchange import JSON, Exchange, head
from serving.http.face import Faces, ModelFace
from serving.http.questions import ask, ask_open_inference, body_of, csv_question, v1_question
from serving.http.router import Parameters, Router
from serving.http.writers import RowsWriter
from serving.models.repository import Repository
from serving.platforms import HostedPaths
from slipway.errors import ModelNotFoundError

_TARGET_MODEL = b"x-amzn-sagemaker-target-model"
_CSV = b"text/csv"
_BINARY = re.compile(rb"application/vnd\.sagemaker-triton\.binary\+json\s*;\s*json-header-size=(\d+)")
_JSON_TYPES = (b"application/json", b"application/x-www-form-urlencoded", b"")  # curl's, and none
_READY = head(200, JSON)
_NOT_READY = head(503, JSON)


class HostedInference:
    """One platform's paths; predictions may come as V1, Open Inference Protocol or CSV."""

    def __init__(self, repository: Repository, faces: Faces, paths: HostedPaths) -> None:
        self._repository = repository
        self._faces = faces
        self._paths = paths

    def add_to(self, router: Router) -> None:
        """Answer the platform's paths."""
        router.add("GET", self._paths.health, self._health)
        router.add("POST", self._paths.predict, self._predict)

    def _health(self, _: Parameters, exchange: Exchange) -> None:
        if self._repository.ready:
            exchange.respond(200, _READY, b"{}")
        else:
            exchange.respond(503, _NOT_READY, b"{}")

    def _predict(self, _: Parameters, exchange: Exchange) -> None:
        face = self._faces.find(self._name(exchange))
        with face.failing(exchange):
            _ask(face, exchange)

    def _name(self, exchange: Exchange) -> str:
        target = exchange.headers.get(_TARGET_MODEL)
        if target is not None:
            return target.decode("latin-1")
        names = [entry.name for entry in self._repository.index()]
        if len(names) != 1:
            raise ModelNotFoundError(
                "The request does not say which model it is for",
                expected=", ".join(names),
                cure=f"Name it in the header {_TARGET_MODEL.decode()}, or ask at /v2/models/NAME/infer.",
            )
        return names[0]


def _ask(face: ModelFace, exchange: Exchange) -> None:
    content_type = exchange.headers.get(b"content-type", b"").lower()
    kind = content_type.partition(b";")[0].strip()
    if binary := _BINARY.fullmatch(content_type):
        ask_open_inference(face, exchange, binary[1])
    elif kind == _CSV:
        ask(
            face,
            exchange,
            csv_question(face, exchange),
            _rows_writer(face, exchange),
        )
    elif kind not in _JSON_TYPES:
        raise UnsupportedBodyError(
            "The body's content type is not read here",
            expected="application/json or text/csv",
            got=repr(content_type.decode("latin-1")[:80]),
        )
    elif _is_open_inference(body_of(face, exchange)):
        ask_open_inference(face, exchange)
    else:
        ask(
            face,
            exchange,
            v1_question(face, exchange),
            _rows_writer(face, exchange),
        )


def _rows_writer(face: ModelFace, exchange: Exchange) -> RowsWriter:
    accepted = exchange.headers.get(b"accept", b"").partition(b";")[0].strip().lower()
    return face.csv_writer if accepted == _CSV else face.v1_writer


def _is_open_inference(body: bytes | bytearray) -> bool:
    """Tell the protocols apart by what only one of them has: tensors that name their datatype."""
    try:
        inputs = orjson.loads(body)["inputs"]
        return "datatype" in inputs[0]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return False
