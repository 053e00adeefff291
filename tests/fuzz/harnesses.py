"""Every harness by its name: a function of bytes that raises when the server is at fault."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.connections import grpc_infer, http2_connection, http_connection
from tests.fuzz.readers import (
    binary_again,
    binary_request,
    csv_request,
    grpc_again,
    header_length,
    json_again,
    json_request,
    v1_request,
)

HARNESSES: dict[str, Callable[[bytes], None]] = {
    harness.__name__: harness
    for harness in (
        json_request,
        json_again,
        binary_request,
        binary_again,
        header_length,
        v1_request,
        csv_request,
        http_connection,
        http2_connection,
        grpc_infer,
        grpc_again,
    )
}
