import logging

import grpc
import pytest

from serving.grpc.protos.open_inference_pb2 import ServerLiveRequest
from serving.grpc.witness import CallWitness
from serving.inference.engine import QueuePolicy
from serving.observe.access_log import AccessLog
from tests.support.infer_requests import as_message, picking_request

METHOD = "/inference.GRPCInferenceService/ModelInfer"


@pytest.fixture
def witnessed(serve, connect, caplog):
    with (
        caplog.at_level(logging.INFO, logger="slipway.access"),
        serve("picking", policy=QueuePolicy(tells_runs=True), witness=CallWitness(AccessLog(1), None)) as running,
    ):
        yield connect(running)


def lines(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "slipway.access"]


def test_every_call_is_a_line_of_the_access_log(witnessed, caplog):
    answer = witnessed.ModelInfer(picking_request(0), metadata=[("x-request-id", "abc-1")])
    with pytest.raises(grpc.RpcError):
        witnessed.ModelInfer(picking_request(9))
    witnessed.ServerLive(ServerLiveRequest())
    live = "/inference.GRPCInferenceService/ServerLive"
    assert lines(caplog) == [f"OK {METHOD}", f"INVALID_ARGUMENT {METHOD}", f"OK {live}"]
    facts = vars(next(record for record in caplog.records if record.name == "slipway.access"))["facts"]
    assert facts["request_id"] == "abc-1"
    assert facts["model"] == "picking"
    assert facts["bytes_in"] == len(as_message(picking_request(0).SerializeToString()))
    assert facts["bytes_out"] == len(as_message(answer.SerializeToString()))
