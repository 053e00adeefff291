"""The Open Inference Protocol over REST, as an ASGI application.

Source: Open Inference Protocol v2, "HTTP/REST". Every answer about a model names what gave it:
`slipway-model-version` and `slipway-bundle-digest`.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serving.codec import decode_request, encode_response
from serving.faults import http_fault, inference_fault, server_fault
from serving.models import Models, ServedModel
from slipway import __version__
from slipway.errors import InferenceError, RequestTooLargeError
from slipway.onnx.signature import TensorSpec

MAX_BODY_BYTES = 8 << 20

_ModelHandler = Callable[[Request, ServedModel], Awaitable[Response]]


def create_app(models: Models, *, max_body_bytes: int = MAX_BODY_BYTES) -> Starlette:
    """Serve `models`; a longer body than `max_body_bytes` gets 413."""
    app = Starlette(
        routes=OipRoutes(models, max_body_bytes).table(),
        exception_handlers={HTTPException: http_fault, Exception: server_fault},
    )
    app.router.redirect_slashes = False
    return app


class OipRoutes:
    """The protocol's endpoints."""

    def __init__(self, models: Models, max_body_bytes: int) -> None:
        self._models = models
        self._max_body_bytes = max_body_bytes
        self._workers = anyio.CapacityLimiter(os.cpu_count() or 1)  # more would only wait for each other

    def table(self) -> list[Route]:
        """Every path, its handler and its method."""
        routes = [
            Route("/v2", _server_metadata),
            Route("/v2/health/live", _live),
            Route("/v2/health/ready", _ready),
        ]
        for model in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
            routes += [
                Route(model, self._of_model(_metadata)),
                Route(f"{model}/ready", self._of_model(_model_ready)),
                Route(f"{model}/infer", self._of_model(self._infer), methods=["POST"]),
            ]
        return routes

    def _of_model(self, handler: _ModelHandler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                model = self._models.find(request.path_params["name"], request.path_params.get("version"))
                headers = {"slipway-model-version": model.version, "slipway-bundle-digest": model.digest}
                response = await handler(request, model)
            except InferenceError as error:
                response = inference_fault(error)
            response.headers.update(headers)
            return response

        return handle

    async def _infer(self, request: Request, model: ServedModel) -> Response:
        try:
            body = await _read_body(request, self._max_body_bytes)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return await run_sync(_answer, model, body, limiter=self._workers)


def _answer(model: ServedModel, body: bytes) -> Response:
    # Errors are answered here: one that crossed to the event loop would keep the whole parsed
    # request alive, through its traceback, until the garbage collector looks.
    try:
        response = model.engine.infer(decode_request(body))
        content = encode_response(response, model_name=model.name, model_version=model.version)
    except InferenceError as error:
        return inference_fault(error)
    return Response(content, media_type="application/json")


async def _server_metadata(_: Request) -> Response:
    return JSONResponse({"name": "slipway", "version": __version__, "extensions": []})


async def _live(_: Request) -> Response:
    return JSONResponse({"live": True})


async def _ready(_: Request) -> Response:
    return JSONResponse({"ready": True})


async def _model_ready(_: Request, model: ServedModel) -> Response:
    return JSONResponse({"name": model.name, "ready": True})


async def _metadata(_: Request, model: ServedModel) -> Response:
    signature = model.engine.signature
    content = {
        "name": model.name,
        "versions": [model.version],
        "platform": "onnx_onnxv1",
        "inputs": [_tensor_metadata(spec) for spec in signature.inputs],
        "outputs": [_tensor_metadata(spec) for spec in signature.outputs],
    }
    return JSONResponse(content)


def _tensor_metadata(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": str(spec.datatype), "shape": list(spec.shape)}


async def _read_body(request: Request, most_bytes: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise _too_large(most_bytes, announced)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise _too_large(most_bytes, "more")
    return bytes(body)


def _too_large(most_bytes: int, got: str) -> RequestTooLargeError:
    return RequestTooLargeError(
        "The request's body is too long",
        expected=f"at most {most_bytes} bytes",
        got=got,
        cure="Send the rows in several requests, or start the server with a larger --max-body-bytes.",
    )
