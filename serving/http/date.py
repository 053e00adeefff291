"""The Date line of every answer, which changes once a second: RFC 9110, section 6.6.1."""

from __future__ import annotations

from time import gmtime, strftime


class DateLine:
    """The header line of the current second, as of the last `refresh`."""

    __slots__ = ("line",)

    def __init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Read the clock; called each second."""
        self.line = strftime("date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime()).encode()


CURRENT = DateLine()
