"""More than a slow model can answer: refused at once, late ones not computed, and all well afterwards."""

import json
import socket

import grpc
import pytest

from serving.grpc.protos import open_inference_pb2 as pb
from tests.support.plain_models import save
from tests.support.raw_http import Client
from tests.support.serving_process import serving
from tests.support.slow_model import slow
from tests.support.toy import wait_until

pytestmark = pytest.mark.slow

QUESTION = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [7]}]}
BODY = json.dumps(QUESTION).encode()
PATH = "/v2/models/slow/infer"
AT_ONCE = 16


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save(tmp_path_factory.mktemp("slow") / "model.onnx", slow(30_000))


@pytest.fixture(scope="module")
def server(model):
    with serving(
        "--model", f"slow={model}", "--max-queue", "3", "--max-batch-rows", "1", "--workers", "1"
    ) as server:
        yield server


@pytest.fixture
def client(server):
    client = Client(socket.create_connection(("127.0.0.1", server.port)))
    yield client
    client.close()


@pytest.fixture
def infer(server):
    with grpc.insecure_channel(server.address) as channel:
        method = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        request = pb.ModelInferRequest(model_name="slow")
        request.inputs.add(name="x", datatype="FP32", shape=[1, 1]).contents.fp32_contents.append(7)
        yield lambda **options: method.future(request, **{"timeout": 60, **options})


def post(**headers):
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n{''.join(lines)}\r\n"
    return head.encode() + BODY


def rejected(server, reason):
    lines = server.ask("GET", "/metrics").body.decode().splitlines()
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("slipway_rejected_total") and f'"{reason}"' in line
    )


def assert_well(server):
    answer = server.ask("POST", PATH, BODY)
    assert (answer.status, answer.json["outputs"][0]["data"]) == (200, [7.0])


def test_a_full_queue_refuses_at_once_and_says_when_to_come_again(server, client):
    before = rejected(server, "overloaded")
    client.send(post() * AT_ONCE)
    answers = [client.answer() for _ in range(AT_ONCE)]

    assert [answer.status for answer in answers] == [200] * 3 + [429] * (AT_ONCE - 3)
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "queue is full" in json.loads(answers[-1].body)["error"]
    assert rejected(server, "overloaded") == before + AT_ONCE - 3
    assert_well(server)


def test_a_full_queue_exhausts_resources_in_grpc(server, infer):
    calls = [infer() for _ in range(AT_ONCE)]
    codes = [call.code() for call in calls]

    assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    refused = calls[codes.index(grpc.StatusCode.RESOURCE_EXHAUSTED)]
    metadata = {**dict(refused.initial_metadata()), **dict(refused.trailing_metadata())}
    assert int(metadata["retry-after"]) >= 1
    assert_well(server)


def test_what_would_be_late_is_not_computed(server, client):
    before = rejected(server, "deadline")
    client.send(post() + post() + post(slipway_timeout_ms=1))  # the third waits for a worker, and not so long
    answers = [client.answer() for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 504]
    assert rejected(server, "deadline") == before + 1
    assert_well(server)


def test_what_would_be_late_is_not_computed_for_grpc(server, infer):
    before = rejected(server, "deadline")
    patient = [infer(), infer()]
    hurried = infer(timeout=0.02)

    assert hurried.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert [call.code() for call in patient] == [grpc.StatusCode.OK] * 2
    assert_well(server)
    assert rejected(server, "deadline") - before in (0, 1)  # 0 where the client had already cancelled it


def test_clients_that_go_away_leave_no_work_behind(server):
    for _ in range(8):
        client = Client(socket.create_connection(("127.0.0.1", server.port)))
        client.send(post() * 3)
        client.close()
    wait_until(lambda: server.ask("POST", PATH, BODY).status == 200, "the queue has room again")
    assert_well(server)
    lines = server.ask("GET", "/metrics").body.decode().splitlines()
    depths = [line.rpartition(" ")[2] for line in lines if line.startswith("slipway_queue_depth{")]
    assert depths == ["0.0"]
