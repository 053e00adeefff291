"""Ports: free, held, and by whom."""

import os
import socket

import pytest

from slipway.cli.ports import holder_of_port, require_free_port
from slipway.errors import EndpointError


@pytest.fixture
def held():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_held_port_is_refused_with_its_holder(held):
    with pytest.raises(EndpointError, match=rf"Port {held} .*process {os.getpid()}.*--port 0"):
        require_free_port("127.0.0.1", held)


def test_a_free_port_passes():
    require_free_port("127.0.0.1", 0)


@pytest.mark.parametrize("host", ["203.0.113.1", "no..host"])
def test_an_address_that_cannot_be_bound_is_left_to_the_server(host):
    require_free_port(host, 8080)


def test_nobody_holds_a_port_that_is_only_bound():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert holder_of_port(bound.getsockname()[1]) == ""
