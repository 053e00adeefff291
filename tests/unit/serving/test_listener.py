"""Sockets to listen on."""

from __future__ import annotations

import asyncio
import socket

import pytest

from serving.listener import Listeners, address_of, bind, listen
from slipway.errors import EndpointError


def test_port_0_takes_a_free_one():
    with bind("127.0.0.1", 0) as bound:
        host, port = address_of(bound).split(":")

        assert (host, int(port) > 0) == ("127.0.0.1", True)


def test_a_taken_port_is_told_with_its_cure():
    with bind("127.0.0.1", 0) as taken:
        listen(taken)
        port = taken.getsockname()[1]

        with pytest.raises(EndpointError, match=rf"127\.0\.0\.1 port {port}: Address already in use.*0 takes any"):
            bind("127.0.0.1", port)


def test_a_port_that_was_taken_after_binding_is_told():
    with bind("127.0.0.1", 0) as first, socket.socket() as second:
        second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        second.bind(first.getsockname())
        listen(second)

        with pytest.raises(EndpointError, match="already in use"):
            listen(first)


@pytest.mark.parametrize("port", [-1, 65536, 99999, 2**40])
def test_a_port_out_of_range_is_refused(port: int):
    """The resolver would make 34463 of 99999."""
    with pytest.raises(EndpointError, match=f"port {port}: ports go from 0 to 65535"):
        bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a" * 300, "\ud800"])
def test_an_address_of_another_machine_is_refused(host: str):
    with pytest.raises(EndpointError, match="Cannot listen on"):
        bind(host, 0)


def test_an_ipv6_address_stands_in_brackets():
    try:
        bound = bind("::1", 0)
    except EndpointError:
        pytest.skip("no IPv6 here")
    with bound:
        assert address_of(bound) == f"[::1]:{bound.getsockname()[1]}"


def test_a_second_port_that_is_taken_gives_the_first_back():
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", 0) as taken:
        listen(taken)
        wanted = first.getsockname()[1]
        first.close()

        with pytest.raises(EndpointError, match="already in use"):
            Listeners("127.0.0.1", wanted, taken.getsockname()[1])
        bind("127.0.0.1", wanted).close()


def test_each_port_speaks_its_protocol():
    class Named(asyncio.Protocol):
        def __init__(self, name: bytes) -> None:
            self._name = name

        def connection_made(self, transport: asyncio.Transport) -> None:
            transport.write(self._name)
            transport.close()

    async def read(address: str) -> bytes:
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            return await reader.read()
        finally:
            writer.close()

    async def answers(listeners: Listeners) -> list[bytes]:
        servers = await listeners.open(http=lambda: Named(b"http"), grpc=lambda: Named(b"grpc"))
        try:
            return [await read(listeners.url.removeprefix("http://")), await read(listeners.grpc_address)]
        finally:
            for server in servers:
                server.close()

    assert asyncio.run(answers(Listeners("127.0.0.1", 0, 0))) == [b"http", b"grpc"]
    assert asyncio.run(answers(Listeners("127.0.0.1", 0))) == [b"http", b"http"]
