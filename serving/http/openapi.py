"""The OpenAPI 3.1 document of the server, made of the models that it serves at the moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from serving.http.openapi_inference import inference_paths, inference_schemas
from serving.http.openapi_operation import error_responses
from serving.http.openapi_paths import hosting_paths, model_paths, repository_paths, server_paths
from serving.http.openapi_schemas import SCHEMAS
from slipway import __version__

if TYPE_CHECKING:
    from serving.models.repository import Repository
    from serving.platforms import HostedPaths


def openapi_document(repository: Repository, hosted: Iterable[HostedPaths]) -> dict[str, Any]:
    """Describe every path, and the tensors of every model that is ready.

    Args:
        repository: the models.
        hosted: the paths by which hosting platforms ask.
    """
    entries = repository.index()
    names = [entry.name for entry in entries]
    models = [repository.find(entry.name) for entry in entries if entry.state == "READY"]
    described = [
        *server_paths(),
        *model_paths(names, sorted({model.version for model in models})),
        *repository_paths(names),
        *(path for model in models for path in inference_paths(model)),
        *(path for paths in hosted for path in hosting_paths(paths)),
    ]
    paths: dict[str, Any] = {}
    for method, path, operation in described:
        paths.setdefault(path, {})[method] = operation.described()
    schemas = SCHEMAS.copy()
    for model in models:
        schemas |= inference_schemas(model)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Slipway model server",
            "version": __version__,
            "description": "ONNX models over the Open Inference Protocol v2, V1 and SageMaker's contract.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": schemas, "responses": error_responses()},
    }
