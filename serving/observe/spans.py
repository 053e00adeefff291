"""What a trace says of one request, told once it has been answered.

Attributes follow the OpenTelemetry semantic conventions for HTTP and RPC; those of the model have
the prefix `slipway`. All moments are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

Attribute = str | int | float
Headers = Mapping[bytes, bytes]  # names in lower case

# Codes of gRPC that are the server's fault: semantic conventions, "gRPC", "Span status".
_GRPC_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})


class Part(NamedTuple):
    """A piece of the request's time, which becomes a span below the request's own."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class ServerCall:
    """One request as its span shows it; `error` is what it failed with by the server's fault."""

    name: str
    start: float
    end: float
    attributes: Mapping[str, Attribute]
    error: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRun:
    """What answering took: who answered, how much was asked, and the run it shared with others."""

    model: str
    version: str
    digest: str
    rows: int
    batch_rows: int
    queued: float
    started: float
    ended: float

    @property
    def attributes(self) -> dict[str, Attribute]:
        """What the request's span says of it."""
        return {
            "slipway.model.name": self.model,
            "slipway.model.version": self.version,
            "slipway.bundle.digest": self.digest,
            "slipway.request.rows": self.rows,
            "slipway.batch.rows": self.batch_rows,
            "slipway.queue.seconds": max(self.started - self.queued, 0.0),
        }

    @property
    def parts(self) -> tuple[Part, ...]:
        """The wait and the run."""
        return Part("queue", self.queued, self.started), Part("inference", self.started, self.ended)


def http_call(
    method: str, route: str, status: int, start: float, end: float, run: ModelRun | None = None
) -> ServerCall:
    """Describe a request over HTTP; `route` is the path with `{name}` places, of which there are few."""
    attributes: dict[str, Attribute] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "url.scheme": "http",
    }
    error = str(status) if status >= 500 else ""
    return _call(f"{method} {route}", start, end, attributes, error, run)


def grpc_call(method: str, status: str, start: float, end: float, run: ModelRun | None = None) -> ServerCall:
    """Describe a request over gRPC; `method` is `package.Service/Method`, `status` the code's name."""
    attributes: dict[str, Attribute] = {
        "rpc.system.name": "grpc",
        "rpc.method": method,
        "rpc.response.status_code": status,
    }
    return _call(method, start, end, attributes, status if status in _GRPC_FAULTS else "", run)


def _call(
    name: str, start: float, end: float, attributes: dict[str, Attribute], error: str, run: ModelRun | None
) -> ServerCall:
    if error:
        attributes["error.type"] = error
    if run is None:
        return ServerCall(name, start, end, attributes, error)
    return ServerCall(name, start, end, {**attributes, **run.attributes}, error, run.parts)
