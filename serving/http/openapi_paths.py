"""The paths that are the same whatever the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from serving.http.openapi_inference import INFERENCE_ERRORS
from serving.http.openapi_operation import BYTES, JSON, Operation, Path, path_parameter
from serving.http.openapi_schemas import of
from serving.observe.exposition import OPEN_METRICS, PLAIN_TEXT

if TYPE_CHECKING:
    from serving.platforms import HostedPaths

_CSV = {"text/csv": {"type": "string"}}


def server_paths() -> Iterator[Path]:
    """Describe health, metadata, metrics and this document."""
    live, ready, metadata = ({JSON: of(name)} for name in ("Live", "Ready", "ServerMetadata"))
    not_ready = {503: ("Not ready, or draining.", of("NotReady"))}
    readiness = _v2("ready", "Whether every wanted model is ready.", answers=ready, other_answers=not_ready)
    yield "get", "/v2", _v2("metadata", "The server's name, version and extensions.", answers=metadata)
    yield "get", "/v2/health/live", _v2("live", "Whether the server runs.", answers=live)
    yield "get", "/v2/health/ready", readiness
    text = {PLAIN_TEXT.partition(";")[0]: {"type": "string"}, OPEN_METRICS.partition(";")[0]: {"type": "string"}}
    yield "get", "/metrics", Operation(id="metrics", tag="operations", summary="Metrics.", answers=text)
    document = {JSON: {"type": "object", "required": ["openapi", "paths"]}}
    yield "get", "/openapi.json", Operation(id="openapi", tag="operations", summary="This.", answers=document)


def model_paths(names: list[str], versions: list[str]) -> Iterator[Path]:
    """Describe what is told of a model beside its answers."""
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
    yield "get", "/", _v1("live", "Whether the server runs.", answers={JSON: of("V1Live")})
    yield "get", "/v1/models", _v1("models", "Every model.", answers={JSON: of("V1Models")})
    state = _v1(
        "model", "Whether it answers.", answers={JSON: of("V1Model")}, parameters=(name,), errors=(404, 503)
    )
    yield "get", "/v1/models/{name}", state


def repository_paths(names: list[str]) -> Iterator[Path]:
    """Describe the model repository extension."""
    name = path_parameter("name", "The model.", names)
    index = Operation(
        id="repository_index",
        tag="repository",
        summary="Every configured model and its state.",
        body={JSON: of("IndexRequest")},
        body_required=False,
        answers={JSON: of("Index")},
    )
    yield "post", "/v2/repository/index", index
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


def hosting_paths(paths: HostedPaths) -> Iterator[Path]:
    """Describe the contract of a hosting platform, SageMaker's or Vertex AI's."""
    healthy = Operation(
        id=f"health_{paths.health.strip('/')}",
        tag="hosting",
        summary="Whether the container is healthy.",
        answers={JSON: {}},
        other_answers={503: ("Not ready.", {})},
    )
    predict = Operation(
        id=f"predict_{paths.predict.strip('/')}",
        tag="hosting",
        summary="Answer rows with the only model, in the form of either protocol or as CSV.",
        body={JSON: {"type": "object"}, **_CSV, **BYTES},
        answers={JSON: {}, **_CSV, **BYTES},
        errors=INFERENCE_ERRORS,
        names_model=True,
    )
    yield "get", paths.health, healthy
    yield "post", paths.predict, predict


def _v2(name: str, summary: str, **facts: Any) -> Operation:
    return Operation(id=f"v2_{name}", tag="v2", summary=summary, **facts)


def _v1(name: str, summary: str, **facts: Any) -> Operation:
    return Operation(id=f"v1_{name}", tag="v1", summary=summary, **facts)
