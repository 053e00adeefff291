"""The paths of KServe's first protocol, which TensorFlow Serving's clients speak too.

Source: KServe, "V1 Inference Protocol".
"""

from __future__ import annotations

import orjson

from serving.http.exchange import JSON, Exchange, head
from serving.http.face import Faces
from serving.http.questions import ask, v1_question
from serving.http.router import Parameters, Router
from serving.models.repository import Repository


class KServeV1:
    """List, health and prediction."""

    def __init__(self, repository: Repository, faces: Faces) -> None:
        self._repository = repository
        self._faces = faces

    def add_to(self, router: Router) -> None:
        """Answer the protocol's paths."""
        router.add("GET", "/", _alive)
        router.add("GET", "/v1/models", self._list)
        router.add("POST", "/v1/models/{name}:predict", self._predict)  # before the next, which matches it
        router.add("GET", "/v1/models/{name}", self._ready)

    def _list(self, _: Parameters, exchange: Exchange) -> None:
        names = [entry.name for entry in self._repository.index()]
        exchange.respond(200, head(200, JSON), orjson.dumps({"models": names}))

    def _ready(self, parameters: Parameters, exchange: Exchange) -> None:
        model = self._faces.find(parameters["name"]).model
        exchange.respond(200, head(200, JSON, model.headers), orjson.dumps({"name": model.name, "ready": True}))

    def _predict(self, parameters: Parameters, exchange: Exchange) -> None:
        face = self._faces.find(parameters["name"])
        with face.failing(exchange):
            ask(face, exchange, v1_question(face, exchange), face.v1_writer)


def _alive(_: Parameters, exchange: Exchange) -> None:
    exchange.respond(200, head(200, JSON), b'{"status":"alive"}')  # what KServe's client takes for liveness
