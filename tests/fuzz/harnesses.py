"""Every harness by its name: a function of bytes that raises when the server is at fault."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.connections import grpc_infer, http2_connection, http_connection
from tests.fuzz.readers import binary_request, csv_request, header_length, json_request, v1_request

HARNESSES: dict[str, Callable[[bytes], None]] = {
    harness.__name__: harness
    for harness in (
        json_request,
        binary_request,
        header_length,
        v1_request,
        csv_request,
        http_connection,
        http2_connection,
        grpc_infer,
    )
}
