"""What one gRPC client may cost the server."""

from __future__ import annotations

from dataclasses import dataclass, field

from serving.grpc.http2.limits import Http2Limits


@dataclass(frozen=True, slots=True)
class GrpcLimits:
    """Bounds on calls; beyond them a call ends with RESOURCE_EXHAUSTED."""

    message_bytes: int = 64 << 20  # of one message, also once decompressed
    unfinished_bytes: int = 256 << 20  # of all messages that are still arriving, on all connections
    http2: Http2Limits = field(default_factory=Http2Limits)
