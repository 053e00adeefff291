"""Clients that mean no good, or are broken, beside one that wants answers."""

import json
import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.load import load
from tests.support.plain_models import save
from tests.support.raw_http import Client
from tests.support.serving_process import serving
from tests.support.tiny_bundle import picking_bundle
from tests.support.toy import wait_until
from tests.support.wide_bundle import doubling

pytestmark = pytest.mark.slow

PATH = "/v2/models/wide/infer"
SLOW_CLIENTS = 200
MEBIBYTE = 1 << 20


def body_of(columns):
    data = [1] * columns
    return json.dumps(
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, columns], "data": data}]}
    ).encode()


def post(body):
    return f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def server(tmp_path):
    model = save(tmp_path / "wide.onnx", doubling())
    limits = ("--head-seconds", "2", "--body-seconds", "2", "--write-seconds", "2")
    with serving("--model", f"wide={model}", *limits) as server:
        yield server


@pytest.fixture(scope="module")
def garbage_server(tmp_path_factory):
    model = save(tmp_path_factory.mktemp("garbage") / "wide.onnx", doubling())
    with serving("--model", f"wide={model}") as server:
        yield server


@contextmanager
def connected(server, count):
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            for _ in range(count)
        ]


@contextmanager
def trickling(clients, data):
    """Send each client's data one byte at a time, for ever too slow."""
    over = threading.Event()

    def run():
        for position in range(len(data)):
            for client in clients:
                try:
                    client.sendall(data[position : position + 1])
                except OSError:
                    continue
            if over.wait(0.2):
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "opening", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"], ids=["heads", "bodies"]
)
def test_slow_senders_are_given_up_and_stop_nobody_else(server, opening):
    with (
        connected(server, SLOW_CLIENTS) as slow,
        load(server, PATH, body_of(2), clients=1) as running,
    ):
        for client in slow:
            client.sendall(opening)
        with trickling(slow, b"GET /v2/health/live HTTP/1.1\r\nHost: x" + b"x" * 1000):
            running.wait_for_more(200)
            answers = [client.recv(1000) for client in slow]  # the server's last word, or none
            running.wait_for_more(200)

    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers)
    assert running.lost == []
    assert {answer.status for answer in running.answers} == {200}


def test_one_that_never_reads_is_cut_off_and_costs_bounded_memory(server):
    body = body_of(20_000)
    server.ask("POST", PATH, body)
    before = server.resident_bytes()
    with connected(server, 4) as deaf, load(server, PATH, body_of(2), clients=1) as running:
        for client in deaf:
            client.settimeout(0.2)
            sent_until_stuck(client, post(body))
        running.wait_for_more(200)
        assert server.resident_bytes() - before < 64 * MEBIBYTE
        wait_until(lambda: all(map(is_reset, deaf)), "the server cuts off who reads nothing")
        running.wait_for_more(200)

    assert running.lost == []
    assert {answer.status for answer in running.answers} == {200}


def sent_until_stuck(client, data):
    for _ in range(2000):
        try:
            client.sendall(data)
        except OSError:
            return
    raise AssertionError("the server reads on from one who reads nothing")


def is_reset(client):
    try:
        client.send(b"x")
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


def test_thousands_of_connections_that_say_nothing_leave_room_for_one_that_does(server):
    with connected(server, 500):
        assert server.ask("POST", PATH, body_of(2)).status == 200


GARBAGE = {
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "zeros": bytes(1000),
    "no target": b"GET\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "two lengths": b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "empty lines": b"\r\n" * 5000,
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_or_ignored(garbage_server, data):
    with connected(garbage_server, 1) as (connection,):
        client = Client(connection)
        client.send(data)
        client.end_sending()
        assert client.rest()[:10] in (b"", b"HTTP/1.1 4", b"HTTP/1.1 5")
    assert garbage_server.ask("GET", "/v2/health/live").status == 200


def test_values_that_a_model_cannot_take_fill_no_log(tmp_path):
    bundle = picking_bundle(tmp_path / "picking")
    index = {"name": "index", "datatype": "INT64", "shape": [1, 1], "data": [7]}
    with serving("--model", f"picking={bundle.path}") as server:
        for _ in range(3):
            assert server.ask("POST", "/v2/models/picking/infer", {"inputs": [index]}).status == 400
        assert server.log() == ""


def test_a_broken_http2_client_is_told_goodbye(garbage_server):
    with connected(garbage_server, 1) as (connection,):
        client = Client(connection)
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 1000)
        assert b"\x07\x00\x00\x00\x00\x00" in client.rest()  # GOAWAY, of no stream
    assert garbage_server.ask("GET", "/v2/health/live").status == 200
