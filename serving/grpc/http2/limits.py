"""What one HTTP/2 client may cost the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Http2Limits:
    """Bounds on a connection; the comment says what happens beyond them."""

    streams: int = 1000  # at once; REFUSED_STREAM
    header_bytes: int = 16 << 10  # of one request; ENHANCE_YOUR_CALM
    continuations: int = 16  # frames of one request; ENHANCE_YOUR_CALM
    resets: int = 500  # streams that the client gives up within a second; ENHANCE_YOUR_CALM
    idle_frames: int = 2000  # within a second that carry nothing; ENHANCE_YOUR_CALM
    frame_bytes: int = 64 << 10  # FRAME_SIZE_ERROR
    stream_window: int = 4 << 20  # returned when half of it is used
    connection_window: int = 16 << 20
    head_seconds: float = 10.0  # for the preface, or for the rest of a frame; closed
    body_seconds: float = 60.0  # for the rest of a request; CANCEL
    idle_seconds: float = 300.0  # without a stream GOAWAY; with one PING, then closed
    write_seconds: float = 30.0  # the client takes nothing of what it asked; closed
