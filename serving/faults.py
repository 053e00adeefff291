"""From an exception to the protocol's error body: `{"error": "what, expected, got, what to do"}`."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from slipway.errors import InferenceError, ModelNotFoundError, RequestTooLargeError

logger = logging.getLogger(__name__)

_MOST_CHARACTERS = 2000  # a message may repeat names that the client chose
_STATUSES: dict[type[InferenceError], int] = {
    ModelNotFoundError: 404,
    RequestTooLargeError: 413,
    InferenceError: 400,
}


def inference_fault(error: InferenceError) -> JSONResponse:
    """Answer a request that does not fit: 404, 413 or 400."""
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return _body(status, str(error))


def http_fault(request: Request, error: Exception) -> JSONResponse:
    """Answer an unknown path (404) or a wrong method (405, with `Allow`)."""
    if not isinstance(error, HTTPException):
        return server_fault(request, error)
    headers = dict(error.headers or {})
    allowed = f": expected {headers['Allow']}" if "Allow" in headers else ""
    response = _body(error.status_code, f"{error.detail}: {request.method} {request.url.path}{allowed}.")
    response.headers.update(headers)
    return response


def server_fault(request: Request, error: Exception) -> JSONResponse:
    """Answer a fault of the server itself: 500, with the details in its log only."""
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _body(500, "The server failed to answer. The reason is in its log.")


def _body(status: int, message: str) -> JSONResponse:
    text = message[:_MOST_CHARACTERS].encode(errors="backslashreplace").decode()  # JSON can name half a character
    return JSONResponse({"error": text}, status_code=status)
