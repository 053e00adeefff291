"""How long a connection waits for its client; no request has a timer of its own."""

from __future__ import annotations

from serving.grpc.http2.connection import Connection
from serving.grpc.http2.errors import ConnectionFault, ErrorCode, StreamFault

_STILL_THERE = b"are you?"  # a PING's eight bytes
_DRAIN_SECONDS = 1.0  # for the answer to the PING after the first GOAWAY


def sweep(connection: Connection, now: float) -> None:
    """End what takes too long; call once a second, with the time of `time.monotonic`."""
    limits = connection.limits
    connection.guard.renew()
    silent = now - connection.now
    paused, draining = connection.outbox.paused_since, connection.draining_since
    if connection.failed:
        connection.transport.abort()
        return
    if draining is not None and now - draining > _DRAIN_SECONDS:
        connection.leave()
    if paused is not None:
        if now - paused > limits.write_seconds:
            connection.transport.abort()
    elif connection.is_reading and silent > limits.head_seconds:
        connection.fail(ConnectionFault(ErrorCode.NO_ERROR, "nothing came for too long"))
    elif not connection.streams:
        if silent > limits.idle_seconds:
            connection.leave()
    else:
        _sweep_streams(connection, now)
        _ask_silent(connection, silent)


def _sweep_streams(connection: Connection, now: float) -> None:
    limits = connection.limits
    for stream in list(connection.streams.values()):
        waiting = stream.waits_since()
        untaken = waiting is not None and now - waiting > limits.write_seconds
        unsent = not (stream.ended or stream.endless) and now - stream.opened > limits.body_seconds
        if untaken or unsent:
            connection.reset(StreamFault(stream.stream_id, ErrorCode.CANCEL))


def _ask_silent(connection: Connection, silent: float) -> None:
    limits = connection.limits
    if silent > 2 * limits.idle_seconds:
        connection.transport.abort()
    elif silent > limits.idle_seconds:
        connection.ping(_STILL_THERE)
