"""Frames of a gRPC client made by hand."""

from __future__ import annotations

from hpack import Decoder

from serving.grpc.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS, LEAST_FRAME_BYTES, frame
from serving.grpc.http2.header_blocks import encoded

SERVICE = "/inference.GRPCInferenceService/"


def call_headers(
    model: str = "ModelInfer", *, timeout: str | None = None, **replaced: str | None
) -> list[tuple[str, str]]:
    """Headers of a call; `replaced` by names with _ for -, None leaves one out."""
    headers: dict[str, str | None] = {
        ":method": "POST",
        ":scheme": "http",
        ":path": SERVICE + model,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        "grpc-timeout": timeout,
    }
    headers |= {name.replace("_", "-"): value for name, value in replaced.items()}
    return [(name, value) for name, value in headers.items() if value is not None]


def headers_frame(stream_id: int, headers: list[tuple[str, str]], flags: int = END_HEADERS) -> bytes:
    """One HEADERS frame."""
    return frame(HEADERS, flags, stream_id, encoded(headers))


def call_frames(
    stream_id: int, body: bytes, *, model: str = "ModelInfer", timeout: str | None = None, ends: bool = True
) -> bytes:
    """A whole call, in frames of the least size that every peer takes."""
    pieces = [body[start : start + LEAST_FRAME_BYTES] for start in range(0, len(body), LEAST_FRAME_BYTES)] or [b""]
    frames = [frame(DATA, 0, stream_id, piece) for piece in pieces[:-1]]
    frames.append(frame(DATA, END_STREAM if ends else 0, stream_id, pieces[-1]))
    return headers_frame(stream_id, call_headers(model, timeout=timeout)) + b"".join(frames)


def grpc_status(found: tuple[int, int, int, bytes]) -> int:
    """Return the status in a HEADERS frame."""
    return int(dict(Decoder().decode(found[3]))["grpc-status"])
