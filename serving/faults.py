"""From an exception to what each transport says of it: the one table of statuses.

Codes of gRPC: https://grpc.io/docs/guides/status-codes/, by number as they travel.
"""

from __future__ import annotations

from typing import NamedTuple

from serving.errors import (
    ControlForbiddenError,
    DeadlineExceededError,
    ModelNotReadyError,
    OverloadedError,
    UnsupportedBodyError,
)
from slipway.errors import InferenceError, ModelNotFoundError, RequestTooLargeError, SlipwayError

MOST_CHARACTERS = 2000  # a message may repeat names that the client chose
SERVER_FAULT = "The server failed to answer. The reason is in its log."


class Fault(NamedTuple):
    """HTTP status, gRPC code, and the label that counts it in the metrics."""

    http: int
    grpc: int
    reason: str


INTERNAL = Fault(500, 13, "internal")
FAULTS: dict[type[Exception], Fault] = {
    ModelNotFoundError: Fault(404, 5, "unknown_model"),
    RequestTooLargeError: Fault(413, 8, "too_large"),
    OverloadedError: Fault(429, 8, "overloaded"),
    DeadlineExceededError: Fault(504, 4, "deadline"),
    ModelNotReadyError: Fault(503, 14, "not_ready"),
    ControlForbiddenError: Fault(403, 7, "forbidden"),
    UnsupportedBodyError: Fault(415, 12, "unsupported"),
    InferenceError: Fault(400, 3, "invalid"),
    SlipwayError: Fault(422, 9, "failed"),
}


def fault_of(error: Exception) -> Fault:
    """Return the fault of an error; one that has no cure is the server's own."""
    return next((FAULTS[kind] for kind in type(error).__mro__ if kind in FAULTS), INTERNAL)


def message_of(error: Exception) -> str:
    """Return what a client may read: a server's own fault keeps its details to the log."""
    if not isinstance(error, SlipwayError):
        return SERVER_FAULT
    return (
        str(error)[:MOST_CHARACTERS].encode(errors="backslashreplace").decode()
    )  # JSON can name half a character
