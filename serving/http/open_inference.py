"""The paths of the Open Inference Protocol.

Source: Open Inference Protocol v2, "HTTP/REST".
"""

from __future__ import annotations

from typing import Any

import orjson

from serving.http.exchange import JSON, Exchange, head
from serving.http.face import Faces, ModelFace
from serving.http.questions import ask_open_inference
from serving.http.router import Parameters, Router
from serving.models.repository import Repository
from slipway import __version__
from slipway.onnx.signature import TensorSpec

EXTENSIONS = ("binary_tensor_data", "model_repository")

_OK = head(200, JSON)
_NOT_READY = head(503, JSON)


class OpenInference:
    """Health, metadata and inference."""

    def __init__(self, repository: Repository, faces: Faces) -> None:
        self._repository = repository
        self._faces = faces

    def add_to(self, router: Router) -> None:
        """Answer the protocol's paths."""
        router.add("GET", "/v2", _server_metadata)
        router.add("GET", "/v2/health/live", _live)
        router.add("GET", "/v2/health/ready", self._ready)
        for model in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
            router.add("GET", model, self._metadata)
            router.add("GET", f"{model}/ready", self._model_ready)
            router.add("POST", f"{model}/infer", self._infer)

    def _ready(self, _: Parameters, exchange: Exchange) -> None:
        if self._repository.ready:
            exchange.respond(200, _OK, b'{"ready":true}')
        else:
            exchange.respond(503, _NOT_READY, b'{"ready":false}')

    def _metadata(self, parameters: Parameters, exchange: Exchange) -> None:
        face = self._face(parameters)
        exchange.respond(200, head(200, JSON, face.model.headers), orjson.dumps(model_metadata(face)))

    def _model_ready(self, parameters: Parameters, exchange: Exchange) -> None:
        face = self._face(parameters)
        body = orjson.dumps({"name": face.model.name, "ready": True})
        exchange.respond(200, head(200, JSON, face.model.headers), body)

    def _infer(self, parameters: Parameters, exchange: Exchange) -> None:
        face = self._face(parameters)
        try:
            ask_open_inference(face, exchange)
        except Exception as error:
            face.fail(exchange, error)

    def _face(self, parameters: Parameters) -> ModelFace:
        return self._faces.find(parameters["name"], parameters.get("version"))


def model_metadata(face: ModelFace) -> dict[str, Any]:
    """Return what the protocol calls a model's metadata."""
    signature = face.plan.signature
    return {
        "name": face.model.name,
        "versions": [face.model.version],
        "platform": "onnx_onnxv1",
        "inputs": [_tensor_metadata(spec) for spec in signature.inputs],
        "outputs": [_tensor_metadata(spec) for spec in signature.outputs],
    }


def _tensor_metadata(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": str(spec.datatype), "shape": list(spec.shape)}


def _server_metadata(_: Parameters, exchange: Exchange) -> None:
    content = {"name": "slipway", "version": __version__, "extensions": EXTENSIONS}
    exchange.respond(200, _OK, orjson.dumps(content))


def _live(_: Parameters, exchange: Exchange) -> None:
    exchange.respond(200, _OK, b'{"live":true}')
