"""How the process keeps memory that comes and goes with large bodies."""

from __future__ import annotations

import ctypes

# mallopt(3) of glibc: parameters by number.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def keep_large_blocks(block_bytes: int = 8 << 20, spare_bytes: int = 16 << 20) -> None:
    """Have malloc keep blocks below `block_bytes`, and `spare_bytes` at its end, instead of giving them back.

    A body of some hundred kilobytes is otherwise mapped anew for each request, and its pages fault one
    by one: two thirds of such a request's time. Where the C library is another, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, block_bytes)
        mallopt(_TRIM_THRESHOLD, spare_bytes)
