"""The OpenAPI 3.1 document of the server, made of the models that it serves at the moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from serving.http.openapi_operation import (
    JSON,
    Operation,
    Schema,
    error_responses,
    header_parameter,
    path_parameter,
    reference,
)
from serving.http.openapi_schemas import SCHEMAS, of
from serving.http.openapi_tensors import answer_schema, example_request, request_schema
from serving.observe.exposition import OPEN_METRICS, PLAIN_TEXT
from slipway import __version__

if TYPE_CHECKING:
    from serving.models.repository import Repository
    from serving.models.served import ServedModel

BINARY = "application/octet-stream"
CSV = "text/csv"

_BYTES: Schema = {"type": "string", "format": "binary"}
_INFER_ERRORS = (404, 415, 429, 503, 504)
_TIMEOUT = header_parameter(
    "slipway-timeout-ms",
    "How long the client waits, in milliseconds; what is late is not computed.",
    {"type": "string", "pattern": "^[0-9]{1,12}$"},
)
_REQUEST_ID = header_parameter(
    "x-request-id", "Repeated in the answer and in the server's logs.", {"type": "string", "maxLength": 128}
)

_Path = tuple[str, str, Operation]


def openapi_document(repository: Repository) -> dict[str, Any]:
    """Describe every path, and the tensors of every model that is ready."""
    models = [repository.find(entry.name) for entry in repository.index() if entry.state == "READY"]
    names = [entry.name for entry in repository.index()]
    paths: dict[str, Any] = {}
    for method, path, operation in _all_paths(names, models):
        paths.setdefault(path, {})[method] = operation.described()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Slipway model server",
            "version": __version__,
            "description": "ONNX models over the Open Inference Protocol v2, V1 and SageMaker's contract.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": SCHEMAS | _schemas(models), "responses": error_responses()},
    }


def _all_paths(names: list[str], models: list[ServedModel]) -> Iterator[_Path]:
    yield from _server_paths()
    yield from _model_paths(names, [model.version for model in models])
    yield from _repository_paths(names)
    for model in models:
        yield from _inference_paths(model)
    yield from _hosting_paths()


def _server_paths() -> Iterator[_Path]:
    live, ready, metadata = ({JSON: of(name)} for name in ("Live", "Ready", "ServerMetadata"))
    not_ready = {503: ("Not ready, or draining.", of("NotReady"))}
    yield "get", "/v2", _v2("metadata", "The server's name, version and extensions.", answers=metadata)
    yield "get", "/v2/health/live", _v2("live", "Whether the server runs.", answers=live)
    yield (
        "get",
        "/v2/health/ready",
        _v2("ready", "Whether every wanted model is ready.", answers=ready, other_answers=not_ready),
    )
    text = {PLAIN_TEXT.partition(";")[0]: {"type": "string"}, OPEN_METRICS.partition(";")[0]: {"type": "string"}}
    yield "get", "/metrics", Operation(id="metrics", tag="operations", summary="Metrics.", answers=text)
    document = {JSON: {"type": "object", "required": ["openapi", "paths"]}}
    yield "get", "/openapi.json", Operation(id="openapi", tag="operations", summary="This.", answers=document)


def _model_paths(names: list[str], versions: list[str]) -> Iterator[_Path]:
    name = path_parameter("name", "The model.", names)
    version = path_parameter("version", "Its version.", sorted(set(versions)))
    for path, parameters, suffix in (
        ("/v2/models/{name}", (name,), ""),
        ("/v2/models/{name}/versions/{version}", (name, version), "_version"),
    ):
        of_model: dict[str, Any] = {"parameters": parameters, "errors": (404, 503), "names_model": True}
        metadata, ready = {JSON: of("ModelMetadata")}, {JSON: of("ModelReady")}
        yield "get", path, _v2(f"model_metadata{suffix}", "Inputs and outputs.", answers=metadata, **of_model)
        yield "get", f"{path}/ready", _v2(f"model_ready{suffix}", "Whether it answers.", answers=ready, **of_model)
    models, state = {JSON: of("V1Models")}, {JSON: of("V1Model")}
    yield "get", "/v1/models", Operation(id="v1_models", tag="v1", summary="Every model.", answers=models)
    yield (
        "get",
        "/v1/models/{name}",
        Operation(
            id="v1_model",
            tag="v1",
            summary="Whether it answers.",
            answers=state,
            parameters=(name,),
            errors=(404, 503),
        ),
    )


def _repository_paths(names: list[str]) -> Iterator[_Path]:
    name = path_parameter("name", "The model.", names)
    yield (
        "post",
        "/v2/repository/index",
        Operation(
            id="repository_index",
            tag="repository",
            summary="Every configured model and its state.",
            body={JSON: of("IndexRequest")},
            body_required=False,
            answers={JSON: of("Index")},
        ),
    )
    for verb, summary in (("load", "Load what its source has now."), ("unload", "Stop serving it.")):
        operation = Operation(
            id=f"repository_{verb}",
            tag="repository",
            summary=f"{summary} Where clients may.",
            answers={JSON: {"type": "object"}},
            parameters=(name,),
            errors=(403, 404, 422),
        )
        yield "post", f"/v2/repository/models/{{name}}/{verb}", operation


def _inference_paths(model: ServedModel) -> Iterator[_Path]:
    base = f"/v2/models/{model.name}"
    for path, suffix in ((base, ""), (f"{base}/versions/{model.version}", "_version")):
        operation = _v2(
            f"infer_{model.name}{suffix}",
            f"Answer rows with '{model.name}'. Binary: tensors after a JSON header, whose length "
            "Inference-Header-Content-Length says.",
            body={JSON: of(_request(model)), BINARY: _BYTES},
            example=example_request(model.plan),
            answers={JSON: of(_answer(model)), BINARY: _BYTES},
            parameters=(_TIMEOUT, _REQUEST_ID),
            errors=_INFER_ERRORS,
            names_model=True,
        )
        yield "post", f"{path}/infer", operation
    yield "post", f"/v1/models/{model.name}:predict", _v1_predict(model)


def _v1_predict(model: ServedModel) -> Operation:
    return Operation(
        id=f"v1_predict_{model.name}",
        tag="v1",
        summary=f"Answer rows with '{model.name}'.",
        body={JSON: of("V1Request")},
        answers={JSON: of("V1Answer")},
        parameters=(_TIMEOUT, _REQUEST_ID),
        errors=_INFER_ERRORS,
        names_model=True,
    )


def _hosting_paths() -> Iterator[_Path]:
    anything: Schema = {}
    ping = Operation(
        id="ping",
        tag="hosting",
        summary="Whether the container is healthy.",
        answers={JSON: anything},
        other_answers={503: ("Not ready.", anything)},
    )
    invoke = Operation(
        id="invocations",
        tag="hosting",
        summary="Answer rows with the only model, in the form of either protocol or as CSV.",
        body={JSON: {"type": "object"}, CSV: {"type": "string"}, BINARY: _BYTES},
        answers={JSON: anything, CSV: {"type": "string"}, BINARY: _BYTES},
        errors=_INFER_ERRORS,
        names_model=True,
    )
    yield "get", "/ping", ping
    yield "post", "/invocations", invoke


def _v2(name: str, summary: str, **facts: Any) -> Operation:
    return Operation(id=f"v2_{name}", tag="v2", summary=summary, **facts)


def _schemas(models: list[ServedModel]) -> dict[str, Schema]:
    schemas = {_request(model): request_schema(model.plan) for model in models}
    return schemas | {_answer(model): answer_schema(model.name, model.version, model.plan) for model in models}


def _request(model: ServedModel) -> str:
    return f"{model.name}.InferenceRequest"


def _answer(model: ServedModel) -> str:
    return f"{model.name}.InferenceAnswer"
