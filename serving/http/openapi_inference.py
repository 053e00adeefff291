"""The paths by which one model answers, with its own tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from serving.http.openapi_operation import BYTES, JSON, Operation, Path, Schema, header_parameter
from serving.http.openapi_schemas import of
from serving.http.openapi_tensors import answer_schema, example_request, request_schema

if TYPE_CHECKING:
    from serving.models.served import ServedModel

INFERENCE_ERRORS = (404, 415, 429, 503, 504)

_TIMEOUT = "The header slipway-timeout-ms says how long the client waits: what would be late is not computed."
_BINARY = "Binary tensors follow the JSON; the header Inference-Header-Content-Length says where it ends."
_REQUEST_ID = header_parameter(
    "x-request-id", "Repeated in the answer and in the server's logs.", {"type": "string"}
)


def inference_paths(model: ServedModel) -> Iterator[Path]:
    """Describe inference over both protocols."""
    base = f"/v2/models/{model.name}"
    for path, suffix in ((base, ""), (f"{base}/versions/{model.version}", "_version")):
        operation = Operation(
            id=f"v2_infer_{model.name}{suffix}",
            tag="v2",
            summary=f"Answer rows with '{model.name}'.",
            description=f"{_TIMEOUT} {_BINARY}",
            body={JSON: of(_request(model)), **BYTES},
            example=example_request(model.plan),
            answers={JSON: of(_answer(model)), **BYTES},
            parameters=(_REQUEST_ID,),
            errors=INFERENCE_ERRORS,
            names_model=True,
        )
        yield "post", f"{path}/infer", operation
    yield "post", f"/v1/models/{model.name}:predict", _v1_predict(model)


def _v1_predict(model: ServedModel) -> Operation:
    return Operation(
        id=f"v1_predict_{model.name}",
        tag="v1",
        summary=f"Answer rows with '{model.name}'.",
        description=_TIMEOUT,
        body={JSON: of("V1Request")},
        answers={JSON: of("V1Answer")},
        parameters=(_REQUEST_ID,),
        errors=INFERENCE_ERRORS,
        names_model=True,
    )


def inference_schemas(model: ServedModel) -> dict[str, Schema]:
    """Describe what those paths read and write, by the names that they refer to."""
    return {
        _request(model): request_schema(model.plan),
        _answer(model): answer_schema(model.name, model.version, model.plan),
    }


def _request(model: ServedModel) -> str:
    return f"{model.name}.InferenceRequest"


def _answer(model: ServedModel) -> str:
    return f"{model.name}.InferenceAnswer"
