"""One operation of the OpenAPI document: what is sent, what comes back, what may go wrong.

Source: OpenAPI Specification 3.1.1, "Operation Object".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.models.served import DIGEST_HEADER, VERSION_HEADER

Schema = dict[str, Any]

JSON = "application/json"
BYTES: dict[str, Schema] = {"application/octet-stream": {"type": "string", "format": "binary"}}
ERROR = "Error"

# What any request may be answered with, whatever its path.
ALWAYS = (400, 405, 408, 413, 414, 417, 431, 500, 501, 505)
ERRORS: Mapping[int, str] = {
    400: "The request cannot be read, or does not fit the model.",
    403: "Clients may not do this here.",
    404: "There is no such model or version.",
    405: "The path does not answer this method; `allow` names those it answers.",
    408: "The request did not arrive in time.",
    413: "The body is too long.",
    414: "The path and its query are too long.",
    415: "The body is of a content type that this path does not read.",
    417: "The expectation cannot be met.",
    422: "The model cannot be loaded.",
    429: "The queue is full: send the request again after `retry-after` seconds.",
    431: "The headers are too long.",
    500: "The server's own fault; the reason is in its log.",
    501: "The transfer coding or the method is not implemented.",
    503: "The model is not loaded.",
    504: "The client's own time was over before the model could answer.",
    505: "The version of HTTP is not spoken here.",
}
_OF_MODEL = {
    VERSION_HEADER: "The version that answered.",
    DIGEST_HEADER: "The digest of the bundle that answered.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method of a path.

    `answers` and `body` are schemas by media type; `other_answers` are statuses that are neither 200
    nor errors, with their schemas. Errors that any path has need not be named.
    """

    id: str
    tag: str
    summary: str
    description: str = ""
    answers: Mapping[str, Schema]
    body: Mapping[str, Schema] | None = None
    body_required: bool = True
    example: Any = None  # of a JSON body
    parameters: tuple[Schema, ...] = ()
    errors: tuple[int, ...] = ()
    other_answers: Mapping[int, tuple[str, Schema]] = field(default_factory=dict)
    names_model: bool = False  # in headers of the answer

    def described(self) -> dict[str, Any]:
        """Return the Operation Object."""
        operation: dict[str, Any] = {"operationId": self.id, "tags": [self.tag], "summary": self.summary}
        if self.description:
            operation["description"] = self.description
        if self.parameters:
            operation["parameters"] = list(self.parameters)
        if self.body is not None:
            operation["requestBody"] = {"required": self.body_required, "content": self._content(self.body)}
        operation["responses"] = self._responses()
        return operation

    def _content(self, body: Mapping[str, Schema]) -> dict[str, Any]:
        content = {media: {"schema": schema} for media, schema in body.items()}
        if self.example is not None:
            content[JSON]["example"] = self.example
        return content

    def _responses(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"description": "Done.", "content": _media(self.answers)}
        if self.names_model:
            answer["headers"] = {name: _header(about) for name, about in _OF_MODEL.items()}
        responses = {"200": answer}
        for status, (description, schema) in self.other_answers.items():
            responses[str(status)] = {"description": description, "content": _media({JSON: schema})}
        errors = {*ALWAYS, *self.errors} - self.other_answers.keys()
        return responses | {str(status): reference("responses", f"{ERROR}{status}") for status in sorted(errors)}


Path = tuple[str, str, Operation]  # method, path, what they do


def error_responses() -> dict[str, Any]:
    """Return the Response Objects of all errors, by the names that operations refer to."""
    content = _media({JSON: reference("schemas", ERROR)})
    responses: dict[str, Any] = {
        f"{ERROR}{status}": {"description": text, "content": content} for status, text in ERRORS.items()
    }
    responses[f"{ERROR}405"]["headers"] = {"allow": _header("Methods that the path answers.")}
    responses[f"{ERROR}429"]["headers"] = {
        "retry-after": _header("Seconds.", {"type": "string", "pattern": "^[0-9]+$"})
    }
    return responses


def reference(kind: str, name: str) -> Schema:
    """Refer to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def path_parameter(name: str, about: str, known: list[str]) -> Schema:
    """Describe a place in a path; `known` are the values that are there now."""
    schema: Schema = (
        {"type": "string", "enum": known} if known else {"type": "string", "pattern": "^[A-Za-z0-9._-]+$"}
    )
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def header_parameter(name: str, about: str, schema: Schema) -> Schema:
    """Describe a header that a client may send."""
    return {"name": name, "in": "header", "description": about, "schema": schema}


def _media(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    return {media: {"schema": schema} for media, schema in schemas.items()}


def _header(about: str, schema: Schema | None = None) -> dict[str, Any]:
    return {"description": about, "required": True, "schema": schema or {"type": "string"}}
