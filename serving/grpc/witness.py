"""What is told of a call after its answer: a line in the access log, a span in a trace."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from serving.grpc.status import Code
from serving.observe.access_log import Access, AccessLog
from serving.observe.spans import grpc_call

if TYPE_CHECKING:
    from serving.grpc.calls import Call
    from serving.observe.tracing import Tracing


class CallWitness:
    """Tells of every answered call."""

    def __init__(self, access_log: AccessLog | None, tracing: Tracing | None) -> None:
        self._access_log = access_log
        self._tracing = tracing

    def tell(self, call: Call, code: Code, bytes_out: int) -> None:
        """Tell of one call that just ended."""
        now = monotonic()
        if self._access_log is not None and self._access_log.wants():
            self._access_log.write(_access(call, code, now - call.opened, bytes_out))
        if self._tracing is not None:
            method = call.head.path.lstrip("/")
            self._tracing.record(call.head.headers, grpc_call(method, code.name, call.opened, now, call.run))


def _access(call: Call, code: Code, seconds: float, bytes_out: int) -> Access:
    return Access(
        protocol="grpc",
        path=call.head.path,
        status=code.name,
        seconds=seconds,
        bytes_in=call.size,
        bytes_out=bytes_out,
        model=call.run.model if call.run else "",
        version=call.run.version if call.run else "",
        request_id=call.head.request_id,
    )
