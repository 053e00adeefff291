"""Bodies that are the same for every model, as JSON Schema."""

from __future__ import annotations

from serving.http.openapi_operation import ERROR, Schema, reference


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


_TEXT: Schema = {"type": "string"}
_YES_OR_NO: Schema = {"type": "boolean"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_TENSOR = _object(
    name=_TEXT,
    datatype={"type": "string", "examples": ["FP32"]},
    shape={"type": "array", "items": {"type": "integer", "minimum": -1}},
)

SCHEMAS: dict[str, Schema] = {
    ERROR: _object(
        error={"type": "string", "description": "What failed, what was expected, got, and what to do."}
    ),
    "ServerMetadata": _object(name=_TEXT, version=_TEXT, extensions=_TEXTS),
    "Live": _object(live={"const": True}),
    "Ready": _object(ready={"const": True}),
    "NotReady": _object(ready={"const": False}),
    "ModelMetadata": _object(
        name=_TEXT,
        versions=_TEXTS,
        platform={"const": "onnx_onnxv1"},
        inputs={"type": "array", "items": _TENSOR},
        outputs={"type": "array", "items": _TENSOR},
    ),
    "ModelReady": _object(name=_TEXT, ready={"const": True}),
    "IndexRequest": {
        "type": "object",
        "properties": {"ready": {"type": "boolean", "description": "Name only what is ready."}},
    },
    "Index": {
        "type": "array",
        "items": _object(
            name=_TEXT,
            version=_TEXT,
            state={"enum": ["READY", "LOADING", "UNLOADED", "UNAVAILABLE"]},
            reason=_TEXT,
        ),
    },
    "V1Live": _object(status={"const": "alive"}),
    "V1Models": _object(models=_TEXTS),
    "V1Model": _object(name=_TEXT, ready=_YES_OR_NO),
    "V1Request": {
        "type": "object",
        "anyOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
        "properties": {
            "instances": {"type": "array", "minItems": 1, "description": "One entry for each row."},
            "inputs": {
                "type": ["array", "object"],
                "description": "The rows of each input by its name, or of the only one.",
            },
        },
    },
    "V1Answer": {
        "type": "object",
        "anyOf": [{"required": ["predictions"]}, {"required": ["outputs"]}],
    },
}


def of(name: str) -> Schema:
    """Refer to one of these."""
    return reference("schemas", name)
