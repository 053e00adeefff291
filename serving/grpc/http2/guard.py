"""Counts what a client does that costs it nothing, and stops it when it is too much."""

from __future__ import annotations

from serving.grpc.http2.errors import ConnectionFault, ErrorCode
from serving.grpc.http2.limits import Http2Limits


class Guard:
    """Counts within one second; whoever sweeps calls `renew` (RFC 9113, section 10.5)."""

    __slots__ = ("_idle_frames", "_limits", "_resets")

    def __init__(self, limits: Http2Limits) -> None:
        self._limits = limits
        self._resets = self._idle_frames = 0

    def renew(self) -> None:
        """Begin the next second."""
        self._resets = self._idle_frames = 0

    def count_reset(self) -> None:
        """Count a stream that the client reset, or made the server reset.

        Raises:
            ConnectionFault: too many.
        """
        self._resets += 1
        if self._resets > self._limits.resets:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many streams were reset")

    def count_idle_frame(self) -> None:
        """Count a frame that brings no request on.

        Raises:
            ConnectionFault: too many.
        """
        self._idle_frames += 1
        if self._idle_frames > self._limits.idle_frames:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that carry nothing")

    def check_block(self, frames: int, size: int) -> None:
        """Bound a header block that comes in `frames` frames of together `size` bytes.

        Raises:
            ConnectionFault: it is beyond the limits.
        """
        if frames > self._limits.continuations or size > self._limits.header_bytes:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a header block without end")
