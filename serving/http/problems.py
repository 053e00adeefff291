"""Answers to requests that go wrong: `{"error": "what, expected, got, what to do"}`.

Source: Open Inference Protocol v2, "HTTP/REST", "Inference Response JSON Error Object".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

import orjson

from serving.errors import OverloadedError
from serving.faults import fault_of, message_of
from serving.http.exchange import JSON, Exchange, head
from serving.observe.logs import facts
from serving.observe.request_id import make_request_id
from slipway.errors import InferenceError

logger = logging.getLogger(__name__)


class HttpError(InferenceError):
    """A request that HTTP itself refuses, with the status to say so and headers that belong to it."""

    def __init__(
        self, status: int, failed: str, *, expected: str = "", got: str = "", cure: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(failed, expected=expected, got=got, cure=cure)
        self.status = status
        self.headers = headers or {}


def reason_of(error: Exception) -> str:
    """Return the label that counts a refused request: HTTP's own refusals by their status."""
    return HTTPStatus(error.status).name.lower() if isinstance(error, HttpError) else fault_of(error).reason


def respond_with_error(exchange: Exchange, error: Exception, headers: Mapping[str, str] | None = None) -> None:
    """Answer with the error's status; `headers` name the model, where one was found."""
    fault = fault_of(error)
    status = error.status if isinstance(error, HttpError) else fault.http
    if status == 500:
        method, path = exchange.method.decode(), exchange.path.decode(errors="replace")
        known = facts(request_id=exchange.request_id or make_request_id())
        logger.error("%s %s failed", method, path, exc_info=error, extra=known)
    lines = {**(headers or {}), **_own_headers(error)}
    exchange.respond(status, head(status, JSON, lines), orjson.dumps({"error": message_of(error)}))


def _own_headers(error: Exception) -> Mapping[str, str]:
    if isinstance(error, OverloadedError):
        return {"retry-after": str(error.retry_after_seconds)}
    return error.headers if isinstance(error, HttpError) else {}
