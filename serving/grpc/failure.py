"""From an error to the status of a call."""

from __future__ import annotations

import logging

from serving.errors import OverloadedError
from serving.faults import Fault, fault_of, message_of
from serving.grpc.status import Code, Metadata

logger = logging.getLogger(__name__)


def failure(error: Exception) -> tuple[Fault, Code, str, Metadata]:
    """Return what a client reads of an error; one that is the server's own goes to the log."""
    fault = fault_of(error)
    code = Code(fault.grpc)
    if code is Code.INTERNAL:
        logger.error("A call failed", exc_info=error)
    metadata: Metadata = ()
    if isinstance(error, OverloadedError):
        metadata = (("retry-after", str(error.retry_after_seconds)),)
    return fault, code, message_of(error), metadata
