"""How long a client says that it waits."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from serving.http.deadline import deadline_of
from serving.http.exchange import Exchange
from serving.http.problems import HttpError

OURS, ENVOYS = b"slipway-timeout-ms", b"x-envoy-expected-rq-timeout-ms"


def exchange(headers: dict[bytes, bytes]) -> Exchange:
    unsent: Any = None
    made = Exchange(unsent, b"POST", b"/", headers)
    made.arrived = 100.0
    return made


@pytest.mark.parametrize(
    ("headers", "parameter", "deadline"),
    [
        ({}, None, inf),
        ({}, 2.0, 102.0),
        ({OURS: b"1500"}, None, 101.5),
        ({ENVOYS: b"1500"}, None, 101.5),
        ({OURS: b"250", ENVOYS: b"1500"}, None, 100.25),
        ({OURS: b"1500"}, 1.0, 101.0),
        ({OURS: b"500"}, 1.0, 100.5),
        ({OURS: b"0"}, None, 100.0),
    ],
)
def test_the_shortest_wins(headers: dict[bytes, bytes], parameter: float | None, deadline: float):
    assert deadline_of(exchange(headers), parameter) == deadline


@pytest.mark.parametrize("text", [b"", b"soon", b"1.5", b"-1", b"1, 2", b"\xb2", b"1" * 13])
def test_what_is_no_number_of_milliseconds_is_refused(text: bytes):
    with pytest.raises(HttpError, match="whole milliseconds") as raised:
        deadline_of(exchange({OURS: text}), None)
    assert raised.value.status == 400
