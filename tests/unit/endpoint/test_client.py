"""Asking over HTTP: what is said of servers that are absent, foreign or failing."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from slipway.endpoint.client import Endpoint
from slipway.errors import EndpointError, InferenceError, UsageError
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import NamedTensor

ROWS = (NamedTensor("x", Datatype.FP32, np.array([[1.0], [np.nan]], np.float32)),)


@contextmanager
def server_that_says(status, content):
    """A real HTTP server with one answer to everything; yields its URL and the requests it saw."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            seen.append((self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("target", "name", "path"),
    [
        ("{url}", "flights", "/v2/models/flights"),
        ("{url}/", "flights", "/v2/models/flights"),
        ("{url}/prefix", "flights", "/prefix/v2/models/flights"),
        ("{url}/v2/models/flights", None, "/v2/models/flights"),
        ("{url}/v2/models/flights/versions/3", None, "/v2/models/flights"),
        ("{url}/v2/models/a%20b", None, "/v2/models/a%20b"),
        ("{url}/v2/models/flights", "boats", "/v2/models/boats"),
    ],
)
def test_the_model_is_asked_for_where_the_target_says(target, name, path):
    content = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 1], "parameters": {}}], "outputs": []}
    with server_that_says(200, json.dumps(content).encode()) as (url, seen):
        signature = Endpoint.at(target.format(url=url), name).signature()

    assert seen == [("GET", path, b"")]
    assert [(spec.name, spec.datatype, spec.shape) for spec in signature.inputs] == [("x", Datatype.FP32, (-1, 1))]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://127.0.0.1:1", "names no model"),
        ("http://", "cannot be used"),
        ("http://user:secret@127.0.0.1:1/v2/models/x", "cannot be used"),
        ("http://127.0.0.1:port/v2/models/x", "cannot be used"),
        ("http://127.0.0.1:1/v2/models/x?y=1", "cannot be used"),
    ],
)
def test_a_target_that_says_too_little_or_too_much_is_refused(target, words):
    with pytest.raises(UsageError, match=words) as caught:
        Endpoint.at(target, None)

    assert "secret" not in str(caught.value)


def test_a_request_goes_out_and_its_answer_comes_in():
    answer = {
        "model_version": "3",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [2, 1], "data": [0.5, None]}],
    }
    with server_that_says(200, json.dumps(answer).encode()) as (url, seen):
        found = Endpoint(url, "m").infer(ROWS)

    assert seen[0][:2] == ("POST", "/v2/models/m/infer")
    assert json.loads(seen[0][2]) == {
        "inputs": [{"name": "x", "shape": [2, 1], "datatype": "FP32", "data": [1.0, None]}]
    }
    assert (found.version, found.digest) == ("3", "")
    np.testing.assert_array_equal(found.outputs[0].values, [[0.5], [np.nan]])


def test_an_endpoint_that_is_down_is_named_with_a_cure():
    with server_that_says(200, b"{}") as (url, _):
        pass

    with pytest.raises(EndpointError, match=r"does not answer: .*refused.*slipway serve"):
        Endpoint(url, "m").signature()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"inputs": 3, "outputs": 3}'),
        (200, b'{"inputs": [{"name": "x", "datatype": "STRANGE", "shape": []}], "outputs": [3]}'),
        (200, b'{"outputs": [{"name": "y"}]}'),
        (200, b'{"outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [1]}]}'),
        (404, b"not found"),
        (500, b"{}"),
    ],
)
def test_a_server_of_something_else_is_recognised(status, content):
    with server_that_says(status, content) as (url, _):
        with pytest.raises(EndpointError, match="does not speak the Open Inference Protocol"):
            Endpoint(url, "m").signature()
        with pytest.raises(EndpointError, match="does not speak the Open Inference Protocol"):
            Endpoint(url, "m").infer(ROWS)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, InferenceError), (404, InferenceError), (413, InferenceError), (503, EndpointError)]
)
def test_the_servers_own_reason_is_passed_on(status, kind):
    with (
        server_that_says(status, b'{"error": "because of x"}') as (url, _),
        pytest.raises(kind, match=rf"\({status}\): because of x"),
    ):
        Endpoint(url, "m").infer(ROWS)


def test_this_machine_is_asked_past_any_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with server_that_says(200, b'{"inputs": [], "outputs": []}') as (url, seen):
        Endpoint(url, "m").signature()

    assert len(seen) == 1
