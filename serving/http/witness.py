"""What is told of a request after its answer: a line in the access log, a span in a trace."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from serving.http.exchange import Exchange
from serving.observe.access_log import Access, AccessLog
from serving.observe.spans import http_call

if TYPE_CHECKING:
    from serving.observe.tracing import Tracing

RouteOf = Callable[[Exchange], str]


class HttpWitness:
    """Tells of every answered request; `route_of` names a path with its `{places}`, of which there are few."""

    def __init__(self, access_log: AccessLog | None, tracing: Tracing | None, route_of: RouteOf) -> None:
        self._access_log = access_log
        self._tracing = tracing
        self._route_of = route_of

    def __call__(self, exchange: Exchange) -> None:
        """Tell of one exchange."""
        now = monotonic()
        if self._access_log is not None and self._access_log.wants():
            self._access_log.write(_access(exchange, now - exchange.arrived))
        if self._tracing is not None:
            method, route = exchange.method.decode(), self._route_of(exchange)
            call = http_call(method, route, exchange.status, exchange.arrived, now, exchange.run)
            self._tracing.record(exchange.headers, call)


def _access(exchange: Exchange, seconds: float) -> Access:
    run = exchange.run
    return Access(
        protocol="rest",
        path=exchange.path.decode("latin-1"),
        status=str(exchange.status),
        seconds=seconds,
        bytes_in=len(exchange.body),
        bytes_out=exchange.sent_bytes,
        model=run.model if run else "",
        version=run.version if run else "",
        request_id=exchange.request_id,
    )
