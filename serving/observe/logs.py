"""Logs on standard error: lines for people, or one JSON object a line for machines.

A JSON line has `ts` (RFC 3339, UTC), `level`, `logger`, `message`, the event's own facts, and the
`traceback` of an error. Neither has header values, bodies, or the query of a path.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from slipway.errors import SettingsError

FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")

_FACTS = "facts"
_OWN_FIELDS = frozenset({"ts", "level", "logger", "message", "traceback"})
_MOST_CHARACTERS = 2000  # of one value, for clients choose some of them
_MOST_TRACEBACK_CHARACTERS = 20_000


def configure_logs(log_format: str, level: str, stream: TextIO | None = None) -> None:
    """Send all logs of the process to `stream`, standard error if none is given.

    Raises:
        SettingsError: the format or the level is unknown.
    """
    _require("log format", log_format, FORMATS)
    _require("log level", level, LEVELS)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


def facts(**fields: Any) -> dict[str, Any]:
    """Make the `extra` of a logging call: fields of the JSON line, `name=value` in the text."""
    return {_FACTS: {name: value for name, value in fields.items() if value is not None}}


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = {
            "ts": _timestamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _cut(record.getMessage()),
        }
        line |= {name: _plain(value) for name, value in _facts(record).items() if name not in _OWN_FIELDS}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)[-_MOST_TRACEBACK_CHARACTERS:]
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """Time, level, logger, message and facts on one line; a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        words = [_timestamp(record), record.levelname, record.name, _one_line(record.getMessage())]
        words += [f"{name}={_one_line(str(value))}" for name, value in _facts(record).items()]
        line = " ".join(words)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)[-_MOST_TRACEBACK_CHARACTERS:]
        return line


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, _FACTS, {})
    return fields


def _timestamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _one_line(text: str) -> str:
    # A client's path may hold a line break, and with it a line that looks like the server's own.
    text = _cut(text)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _require(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingsError(f"The {what} is unknown", expected=", ".join(known), got=repr(value))
