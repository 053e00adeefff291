"""Memory over twenty thousand requests, right and wrong, over both protocols."""

import json
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.support.serving_process import ask, serving
from tests.support.tiny_bundle import tiny_bundle

pytestmark = pytest.mark.slow

MEBIBYTE = 1 << 20
ROUNDS, CLIENTS = 1000, 2  # of ten requests each
GROWTH = 8 * MEBIBYTE
ANY_BYTES = "/inference.GRPCInferenceService/ModelInfer"


def questions(example, number):
    """Ten requests, most of them of a content that never comes again."""
    infer, predict = "/v2/models/flights/infer", "/v1/models/flights:predict"
    text = json.dumps({**example, "id": f"request {number}"}).encode()
    return [
        ("POST", infer, text, 200),
        ("POST", infer, json.dumps(example).encode(), 200),
        ("POST", predict, b'{"instances": [{"distance": %d, "carrier": "C%d"}]}' % (number, number), 200),
        ("GET", f"/nothing/{number}?{number}", None, 404),
        ("POST", f"/v2/models/m{number}/infer", b"{}", 404),
        ("POST", infer, text[: number % len(text)], 400),
        ("POST", infer, b'{"inputs": [{"name": "n%d"}]}' % number, 400),
        ("POST", predict, b'{"instances": [{"distance": "far%d"}]}' % number, 400),
        ("PUT", infer, b"x" * (number % 1000), 405),
    ]


def run(server, example, client):
    connection = server.connect()
    with grpc.insecure_channel(server.address) as channel:
        infer = channel.unary_unary(ANY_BYTES)  # no messages: bytes
        for number in range(client, ROUNDS * CLIENTS, CLIENTS):
            for method, path, body, status in questions(example, number):
                answer = ask(connection, method, path, body, {"x-request-id": f"{number}"})
                assert answer.status == status, (path, body, answer)
            with pytest.raises(grpc.RpcError) as caught:
                infer(b"\x0a\x07flights\x1a%c" % (number % 100) + b"%d" % number, timeout=60)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    connection.close()


def test_memory_does_not_grow_with_the_requests_answered(tmp_path):
    bundle = tiny_bundle(tmp_path / "flights")
    with serving("--model", f"flights={bundle.path}") as server, ThreadPoolExecutor(CLIENTS) as pool:
        run(server, bundle.input_example, 0)  # fills what is kept: buffers, forms, paths
        before = server.resident_bytes()

        for finished in [pool.submit(run, server, bundle.input_example, client) for client in range(CLIENTS)]:
            finished.result()

        assert server.resident_bytes() - before < GROWTH
