"""Answers to requests that go wrong: `{"error": "what, expected, got, what to do"}`.

Source: Open Inference Protocol v2, "HTTP/REST", "Inference Response JSON Error Object".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import orjson

from serving.errors import OverloadedError
from serving.faults import fault_of, message_of
from serving.http.exchange import JSON, Exchange, head
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


def respond_with_error(exchange: Exchange, error: Exception, headers: Mapping[str, str] | None = None) -> None:
    """Answer with the error's status; `headers` name the model, where one was found."""
    fault = fault_of(error)
    status = error.status if isinstance(error, HttpError) else fault.http
    if status == 500:
        where = f"{exchange.method.decode()} {exchange.path.decode(errors='replace')}"
        logger.error("%s failed (request %s)", where, exchange.request_id or "unnamed", exc_info=error)
    lines = {**(headers or {}), **_own_headers(error)}
    exchange.respond(status, head(status, JSON, lines), orjson.dumps({"error": message_of(error)}))


def _own_headers(error: Exception) -> Mapping[str, str]:
    if isinstance(error, OverloadedError):
        return {"retry-after": str(error.retry_after_seconds)}
    return error.headers if isinstance(error, HttpError) else {}
