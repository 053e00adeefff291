"""What operators ask a server: its metrics, and the description of its paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from serving.http.exchange import JSON, Exchange, head
from serving.http.router import Parameters, Router
from serving.observe.metrics import ServerMetrics

_OK = head(200, JSON)


class Operations:
    """`/metrics` and `/openapi.json`; `document` makes the latter of the models of the moment."""

    def __init__(self, metrics: ServerMetrics, document: Callable[[], dict[str, Any]]) -> None:
        self._metrics = metrics
        self._document = document

    def add_to(self, router: Router) -> None:
        """Answer the operators' paths."""
        router.add("GET", "/metrics", self._exposition)
        router.add("GET", "/openapi.json", self._openapi)

    def _exposition(self, _: Parameters, exchange: Exchange) -> None:
        exposition = self._metrics.exposition(exchange.headers.get(b"accept", b"").decode("latin-1"))
        exchange.respond(200, head(200, exposition.content_type), exposition.body)

    def _openapi(self, _: Parameters, exchange: Exchange) -> None:
        exchange.respond(200, _OK, orjson.dumps(self._document()))
