"""The end of a server under load: announced, or by a crash."""

import json
import signal

import pytest

from tests.support.load import load
from tests.support.plain_models import save, scaling
from tests.support.processes import free_ports
from tests.support.serving_process import serving

pytestmark = pytest.mark.slow

PATH = "/v2/models/pair/infer"
BODY = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 10]}]}).encode()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save(tmp_path_factory.mktemp("ending") / "pair.onnx", scaling(2.0))


def all_right(answers):
    return all((each.status, each.json["outputs"][0]["data"]) == (200, [2.0, 20.0]) for each in answers)


def test_clients_that_are_told_to_close_lose_nothing(model):
    with (
        serving("--model", f"pair={model}", "--linger-seconds", "1") as server,
        load(server, PATH, BODY, clients=8) as running,
    ):
        running.wait_for_more(100)
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(60) == 0
        assert running.told_to_leave == 8
        assert running.lost == []
        assert all_right(running.answers)


def test_while_it_lingers_it_serves_and_says_that_it_is_not_ready(model):
    with serving("--model", f"pair={model}", "--linger-seconds", "2") as server:
        server.process.send_signal(signal.SIGTERM)
        while (ready := server.ask("GET", "/v2/health/ready")).status == 200:
            pass
        answer = server.ask("POST", PATH, BODY)

        assert (ready.status, ready.json) == (503, {"ready": False})
        assert ready.headers["connection"] == "close"
        assert server.ask("GET", "/v2/health/live").status == 200
        assert all_right([answer])
        assert server.process.wait(60) == 0


def test_a_crash_loses_nothing_that_was_answered_and_a_restart_answers_at_once(model):
    (port,) = free_ports(1)
    variables = {"SLIPWAY_SERVING_PORT": str(port)}
    with (
        serving("--model", f"pair={model}", environment=variables) as server,
        load(server, PATH, BODY) as running,
    ):
        running.wait_for_more(100)
        server.process.kill()
        server.process.wait(60)

    assert len(running.lost) == 4  # each client's last request, of which it heard nothing
    assert all_right(running.answers)
    with serving("--model", f"pair={model}", environment=variables) as restarted:
        assert restarted.port == port
        assert restarted.facts["models"] == server.facts["models"]
        assert all_right([restarted.ask("POST", PATH, BODY)])


def test_a_second_signal_ends_what_still_lingers(model):
    with serving("--model", f"pair={model}", "--linger-seconds", "600") as server:
        server.process.send_signal(signal.SIGTERM)
        while server.ask("GET", "/v2/health/ready").status == 200:
            pass
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
