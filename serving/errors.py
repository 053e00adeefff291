"""What can be wrong with one request beyond its values; each becomes a status in `serving.faults`."""

from __future__ import annotations

from slipway.errors import InferenceError


class OverloadedError(InferenceError):
    """The queue is full; the request was not begun and may be sent again after `retry_after_seconds`."""

    def __init__(self, failed: str, *, retry_after_seconds: int, expected: str = "", got: str = "") -> None:
        super().__init__(failed, expected=expected, got=got, cure=f"Send it again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


class DeadlineExceededError(InferenceError):
    """The client's own time is over; the request was not computed."""


class ModelNotReadyError(InferenceError):
    """The model is known here but not loaded."""


class ControlForbiddenError(InferenceError):
    """Loading and unloading by clients is switched off."""


class UnsupportedBodyError(InferenceError):
    """The body is of a content type or encoding that this path does not read."""
