"""`python -m serving` as a process: what it says, what it refuses, how it ends."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from slipway.errors import ExitCode
from tests.integration.serving.conftest import ROOT, command, serving_process
from tests.support.outputs import same_outputs

pytestmark = pytest.mark.slow

INFER = "/v2/models/flights/infer"


def connection(facts):
    return http.client.HTTPConnection(urlsplit(facts["url"]).netloc, timeout=60)


def ask(facts, method, path, body=None):
    client = connection(facts)
    try:
        client.request(method, path, body)
        response = client.getresponse()
        return response.status, json.loads(response.read()), response.headers
    finally:
        client.close()


def refuses_connections(facts):
    try:
        connection(facts).connect()
    except ConnectionRefusedError:
        return True
    return False


def run_to_its_end(*arguments, **how):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        arguments, env=environment, capture_output=True, text=True, timeout=120, check=False, **how
    )


def test_it_announces_its_address_and_answers_there(flights):
    with serving_process(flights.path, "--version", "3") as (process, facts):
        assert facts["event"] == "listening"
        assert facts["models"] == [{"name": "flights", "version": "3", "digest": flights.digest}]
        assert facts["pid"] == process.pid
        assert ask(facts, "GET", "/v2/health/ready")[:2] == (200, {"ready": True})
        assert ask(facts, "GET", "/v2/models/flights")[1]["versions"] == ["3"]

        status, content, headers = ask(facts, "POST", INFER, json.dumps(flights.input_example))

        assert status == 200
        assert same_outputs(content["outputs"], flights.output_example["outputs"])
        assert headers["slipway-bundle-digest"] == flights.digest


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", INFER, b"{", 400, "JSON"),
        ("POST", INFER, b"\xff\xfe", 400, "UTF-8"),
        ("POST", INFER, b'{"inputs": [{"name": "distance"}]}', 400, "'distance'"),
        ("POST", INFER, b"[" * 1_000_000, 400, "levels"),
        ("POST", INFER, b" " * 2_000_001, 413, "2000000 bytes"),
        ("POST", "/v2/models/boats/infer", b"{}", 404, "'boats'"),
        ("GET", INFER, None, 405, "POST"),
    ],
)
def test_it_answers_errors_over_http_and_stays_alive(flights, method, path, body, status, words):
    with serving_process(flights.path, "--max-body-bytes", "2000000") as (_, facts):
        answer = ask(facts, method, path, body)

        assert answer[0] == status
        assert words in answer[1]["error"]
        assert ask(facts, "GET", "/v2/health/live")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_success(flights, number):
    with serving_process(flights.path) as (process, facts):
        process.send_signal(number)

        assert process.wait(60) == 0
        assert refuses_connections(facts)


def test_a_request_begun_before_sigterm_is_answered(flights):
    body = json.dumps(flights.input_example).encode()
    with (
        serving_process(flights.path) as (process, facts),
        socket.create_connection(
            (urlsplit(facts["url"]).hostname, urlsplit(facts["url"]).port), timeout=60
        ) as client,
    ):
        head = f"POST {INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 100")  # the server now waits for the body
        process.send_signal(signal.SIGTERM)
        while not refuses_connections(facts):
            time.sleep(0.01)

        client.sendall(body)
        answer = http.client.HTTPResponse(client)
        answer.begin()

        assert answer.status == 200
        assert same_outputs(json.loads(answer.read())["outputs"], flights.output_example["outputs"])
        assert process.wait(60) == 0


def test_sigterm_under_load_cuts_no_answer_short(flights):
    body, expected = json.dumps(flights.input_example), flights.output_example["outputs"]
    answers, begun = [], threading.Semaphore(0)

    def hammer(facts):
        client = connection(facts)
        try:
            while True:
                client.request("POST", INFER, body)
                with client.getresponse() as response:
                    answers.append((response.status, json.loads(response.read())["outputs"]))
                begun.release()
        except (ConnectionError, http.client.BadStatusLine):  # closed between two requests
            return

    with serving_process(flights.path) as (process, facts):
        threads = [threading.Thread(target=hammer, args=(facts,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(40):
            begun.acquire()
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()

        assert process.wait(60) == 0
        assert len(answers) >= 40
        assert all(status == 200 and same_outputs(outputs, expected) for status, outputs in answers)


def test_it_stops_when_its_parent_is_gone(flights):
    with serving_process(flights.path, "--stop-with-parent", stdin=subprocess.PIPE) as (process, _):
        process.stdin.close()

        assert process.wait(60) == 0


def test_a_changed_bundle_is_refused_before_anything_listens(flights, tmp_path):
    copy = shutil.copytree(flights.path, tmp_path / "copy")
    (copy / "drift.json").write_text("{}")

    ended = run_to_its_end(*command(copy))

    assert ended.returncode == ExitCode.FAILED
    assert "drift.json has changed" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_folder_that_is_no_bundle_is_refused(tmp_path):
    ended = run_to_its_end(*command(tmp_path / "absent"))

    assert (ended.returncode, ended.stdout) == (ExitCode.FAILED, "")
    assert "There is no model at" in ended.stderr


def test_a_taken_port_is_refused_with_a_cure(flights):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        ended = run_to_its_end(*command(flights.path), "--port", str(port))

    assert ended.returncode == ExitCode.UNREACHABLE
    assert f"Cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "choose another" in ended.stderr


@pytest.mark.parametrize("host", ["203.0.113.1", "no..such..host"])
def test_an_address_of_another_machine_is_refused(flights, host):
    ended = run_to_its_end(*command(flights.path), "--host", host)

    assert ended.returncode == ExitCode.UNREACHABLE
    assert f"Cannot listen on {host}" in ended.stderr


@pytest.mark.parametrize(
    "options", [("--port", "-1"), ("--port", "x"), ("--threads", "0"), ("--max-body-bytes", "0")]
)
def test_options_out_of_range_are_usage_errors(flights, options):
    ended = run_to_its_end(*command(flights.path), *options)

    assert (ended.returncode, ended.stdout) == (ExitCode.USAGE, "")
    assert options[0] in ended.stderr


def test_it_imports_no_training_framework():
    ended = run_to_its_end(sys.executable, "-X", "importtime", "-m", "serving", "--help", cwd=ROOT)

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "uvloop" in imported
    assert not imported & {"mlflow", "pandas", "sklearn", "torch", "kfp", "onnx", "matplotlib", "sqlalchemy"}
