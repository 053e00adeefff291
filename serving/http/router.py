"""From a method and a path to the handler that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import unquote

from serving.http.exchange import Exchange
from serving.http.problems import HttpError, reason_of, respond_with_error

Parameters = Mapping[str, str]
Handler = Callable[[Parameters, Exchange], None]
_Bound = dict[bytes, Callable[[Exchange], None]]  # by method

_MOST_REMEMBERED = 1024
_AUTHORITY = re.compile(rb"\Ahttps?://[^/]*", re.IGNORECASE)  # of the absolute form (RFC 9112, 3.2.2)
_SLASH = re.compile(rb"%2f", re.IGNORECASE)


class Router:
    """Paths with `{name}` places in them; the targets that clients ask for are remembered."""

    def __init__(self, rejected: Callable[[str], None] | None = None) -> None:
        self._rejected = rejected  # told the reason when a request reaches no model
        self._routes: dict[str, dict[bytes, Handler]] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._remembered: dict[bytes, _Bound] = {}

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Answer `path` with `handler`; what answers GET answers HEAD."""
        if path not in self._routes:
            self._routes[path] = {}
            self._patterns.append((_pattern(path), path))
        self._routes[path][method.encode()] = handler
        if method == "GET":
            self._routes[path][b"HEAD"] = handler

    def dispatch(self, exchange: Exchange) -> None:
        """Have the request answered: by its handler, or with what it raises."""
        try:
            handlers = self._remembered.get(exchange.target) or self._find(exchange)
            handler = handlers.get(exchange.method)
            if handler is None:
                self._reject(exchange, _wrong_method(exchange, handlers))
            else:
                handler(exchange)
        except Exception as error:
            self._reject(exchange, error)

    def _reject(self, exchange: Exchange, error: Exception) -> None:
        respond_with_error(exchange, error)
        if self._rejected:
            self._rejected(reason_of(error))

    def route_of(self, exchange: Exchange) -> str:
        """Return the path with `{name}` places that the request's own path is of; empty for none."""
        return next((path for path, _ in self._matches(exchange)), "")

    def _find(self, exchange: Exchange) -> _Bound:
        for path, parameters in self._matches(exchange):
            bound = _bind(self._routes[path], parameters)
            self._remember(exchange.target, bound)
            return bound
        shown = exchange.path.decode("latin-1")[:200]
        raise HttpError(404, f"There is no path '{shown}' here", cure="See /openapi.json for those there are.")

    def _matches(self, exchange: Exchange) -> Iterator[tuple[str, Parameters]]:
        coded = _SLASH.sub(b"%252F", _AUTHORITY.sub(b"", exchange.path))  # a coded slash parts no segments
        text = unquote(coded.decode("latin-1"), errors="replace")
        for pattern, path in self._patterns:
            if match := pattern.fullmatch(text):
                yield path, match.groupdict()

    def _remember(self, target: bytes, bound: _Bound) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[target] = bound


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(path)))


def _bind(handlers: Mapping[bytes, Handler], parameters: Parameters) -> _Bound:
    return {method: partial(handler, parameters) for method, handler in handlers.items()}


def _wrong_method(exchange: Exchange, handlers: _Bound) -> HttpError:
    allowed = ", ".join(sorted(method.decode() for method in handlers))
    return HttpError(
        405,
        f"The path '{exchange.path.decode('latin-1')[:200]}' does not answer {exchange.method.decode()}",
        expected=allowed,
        got=exchange.method.decode(),
        headers={"allow": allowed},
    )
