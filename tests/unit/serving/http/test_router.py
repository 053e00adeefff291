"""From paths to handlers, apart from any connection."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from serving.errors import OverloadedError
from serving.http.exchange import Exchange
from serving.http.router import Parameters, Router
from slipway.errors import ModelNotFoundError


class Unsent:
    """The end of a connection that nobody reads."""

    closed = False

    def flush(self) -> None:
        """Send nothing."""


def asked(router: Router, target: str, method: str = "GET") -> Exchange:
    unsent: Any = Unsent()
    exchange = Exchange(unsent, method.encode(), target.encode(), {})
    router.dispatch(exchange)
    return exchange


def named(parameters: Parameters, exchange: Exchange) -> None:
    exchange.respond(200, b"", repr(dict(parameters)).encode())


def failing(parameters: Parameters, _: Exchange) -> None:
    if parameters["name"] == "full":
        raise OverloadedError("The queue is full", retry_after_seconds=7)
    raise ModelNotFoundError("There is no such model")


@pytest.fixture
def rejected() -> Counter[str]:
    """Reasons that the router counted."""
    return Counter()


@pytest.fixture
def router(rejected: Counter[str]) -> Router:
    """A router of three paths."""

    def count(reason: str) -> None:
        rejected[reason] += 1

    router = Router(rejected=count)
    router.add("POST", "/models/{name}:predict", named)
    router.add("GET", "/models/{name}", named)
    router.add("GET", "/failing/{name}", failing)
    return router


def test_places_are_handed_over(router: Router):
    assert asked(router, "/models/a.b-1").answer.endswith(b"{'name': 'a.b-1'}")
    assert asked(router, "/models/a:predict", "POST").answer.endswith(b"{'name': 'a'}")


def test_the_first_path_that_fits_answers(router: Router):
    assert asked(router, "/models/a:predict").status == 405


def test_a_remembered_target_is_answered_alike(router: Router):
    assert asked(router, "/models/a?b").answer == asked(router, "/models/a?b").answer


def test_what_clients_make_up_is_not_remembered_without_end(router: Router):
    for number in range(5000):
        assert asked(router, f"/models/{number}").status == 200

    assert len(router._remembered) <= 1024


def test_what_is_raised_is_answered_and_counted(router: Router, rejected: Counter[str]):
    assert asked(router, "/failing/a").status == 404
    full = asked(router, "/failing/full")
    assert full.status == 429
    assert b"\r\nretry-after: 7\r\n" in full.answer
    assert asked(router, "/nowhere").status == 404
    assert asked(router, "/models/a", "PUT").status == 405
    assert sum(rejected.values()) == 4
    assert rejected["overloaded"] == rejected["unknown_model"] == 1


def test_a_long_path_is_cut_in_the_message(router: Router):
    assert len(asked(router, "/" + "a" * 10_000).answer) < 600


def test_a_path_cannot_break_out_of_the_message(router: Router):
    answer = asked(router, '/"}%0d%0a%00\N{SNOWMAN}').answer

    assert answer.count(b"\r\n") == 5  # status, type, date, length, end
    assert b'\\"}' in answer
