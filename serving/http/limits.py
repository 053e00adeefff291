"""What one HTTP client may cost the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds on a connection; beyond them it is answered with the status named, or closed."""

    head_bytes: int = 16 << 10  # 431
    body_bytes: int = 8 << 20  # 413
    head_seconds: float = 10.0  # 408, from a request's first byte to the end of its headers
    body_seconds: float = 60.0  # 408, from there to the end of its body
    idle_seconds: float = 120.0  # closed: more than what gateways keep idle connections for
    write_seconds: float = 30.0  # aborted: the client reads nothing of what it asked
    pipelined: int = 64  # not read further until some are answered
