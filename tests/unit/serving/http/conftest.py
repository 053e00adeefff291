"""Sites of both kinds of loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from serving.http.connections import Http2
from serving.http.limits import HttpLimits
from tests.support.raw_http import LOOPS, Client, Site, site_on

Open = Callable[..., Site]


@pytest.fixture(params=LOOPS)
def open_site(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a site with limits and an HTTP/2 protocol of the test's choice."""
    with ExitStack() as stack:

        def open_one(limits: HttpLimits | None = None, http2: Http2 | None = None) -> Site:
            return stack.enter_context(site_on(request.param, limits, http2))

        yield open_one


@pytest.fixture
def site(open_site: Open) -> Site:
    """A site with the usual limits."""
    return open_site()


@pytest.fixture
def client(site: Site) -> Client:
    """A connection to that site."""
    return site.client()
