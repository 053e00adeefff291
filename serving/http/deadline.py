"""How long a client is going to wait, as far as it says so."""

from __future__ import annotations

from math import inf

from serving.http.exchange import Exchange
from serving.http.problems import HttpError

TIMEOUT = b"slipway-timeout-ms"
_ENVOY_TIMEOUT = b"x-envoy-expected-rq-timeout-ms"  # what an Envoy gateway tells the services behind it


def deadline_of(exchange: Exchange, parameter_seconds: float | None) -> float:
    """Return the moment, on the monotonic clock, after which nobody waits for the answer.

    Args:
        exchange: its headers may give milliseconds from its arrival.
        parameter_seconds: what the request's own `timeout` parameter says, if it has one.

    Raises:
        HttpError: a header is no number of milliseconds.
    """
    headers = exchange.headers
    text = headers[TIMEOUT] if TIMEOUT in headers else headers.get(_ENVOY_TIMEOUT)
    if text is None:
        return inf if parameter_seconds is None else exchange.arrived + parameter_seconds
    if not text.isdigit() or len(text) > 12:
        got = text[:40].decode("latin-1")
        raise HttpError(400, "The request's timeout cannot be read", expected="whole milliseconds", got=got)
    seconds = min(int(text) / 1000, inf if parameter_seconds is None else parameter_seconds)
    return exchange.arrived + seconds
