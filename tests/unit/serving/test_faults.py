"""What each transport says of an error."""

from __future__ import annotations

import grpc
import pytest

from serving.errors import (
    ControlForbiddenError,
    DeadlineExceededError,
    ModelNotReadyError,
    OverloadedError,
    UnsupportedBodyError,
)
from serving.faults import FAULTS, INTERNAL, MOST_CHARACTERS, SERVER_FAULT, fault_of, message_of
from serving.http.problems import HttpError
from slipway.errors import BundleError, InferenceError, ModelNotFoundError, RequestTooLargeError, SlipwayError

EXPECTED = {
    InferenceError("a"): (400, grpc.StatusCode.INVALID_ARGUMENT),
    HttpError(405, "a"): (400, grpc.StatusCode.INVALID_ARGUMENT),  # its own status goes before this one
    ControlForbiddenError("a"): (403, grpc.StatusCode.PERMISSION_DENIED),
    ModelNotFoundError("a"): (404, grpc.StatusCode.NOT_FOUND),
    RequestTooLargeError("a"): (413, grpc.StatusCode.RESOURCE_EXHAUSTED),
    UnsupportedBodyError("a"): (415, grpc.StatusCode.UNIMPLEMENTED),
    BundleError("a"): (422, grpc.StatusCode.FAILED_PRECONDITION),
    OverloadedError("a", retry_after_seconds=1): (429, grpc.StatusCode.RESOURCE_EXHAUSTED),
    ModelNotReadyError("a"): (503, grpc.StatusCode.UNAVAILABLE),
    DeadlineExceededError("a"): (504, grpc.StatusCode.DEADLINE_EXCEEDED),
    RuntimeError("a"): (500, grpc.StatusCode.INTERNAL),
}


@pytest.mark.parametrize(("error", "codes"), EXPECTED.items(), ids=lambda value: type(value).__name__)
def test_each_error_has_its_status(error: Exception, codes: tuple[int, grpc.StatusCode]):
    status, code = codes
    fault = fault_of(error)

    assert (fault.http, fault.grpc) == (status, code.value[0])


def test_reasons_name_one_fault_each():
    """They label metrics."""
    reasons = [fault.reason for fault in (INTERNAL, *FAULTS.values())]

    assert len(set(reasons)) == len(reasons)


def test_an_error_without_a_cure_keeps_its_details():
    assert message_of(KeyError("password")) == SERVER_FAULT


def test_a_message_is_bounded():
    assert len(message_of(SlipwayError("a" * 10_000))) == MOST_CHARACTERS


def test_half_a_character_can_be_written():
    r"""JSON's `\ud800` names half of one; no UTF-8 has it."""
    assert message_of(SlipwayError("input '\ud800'")).encode() == b"input '\\ud800'."
