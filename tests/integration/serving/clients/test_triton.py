"""NVIDIA's `tritonclient`, unmodified."""

import pytest

from tests.integration.serving.clients.echoed import VALUES, expected

pytestmark = pytest.mark.slow

EIGHT = [[str(number), VALUES["INT64"]] for number in range(8)]
SIGNATURE = {
    "inputs": [("distance", "FP32", [-1, 1]), ("carrier", "BYTES", [-1, 1])],
    "outputs": [("label", "INT64", [-1]), ("probabilities", "FP32", [-1, 2])],
}


@pytest.fixture(scope="session")
def http(server, client):
    return client("triton", "triton_http.py", server.address)


@pytest.fixture(scope="session")
def grpc(server, client):
    return client("triton", "triton_grpc.py", server.address)


def tensors(metadata, side):
    return [(one["name"], one["datatype"], [int(size) for size in one["shape"]]) for one in metadata[side]]


def test_http_tells_what_is_live_and_ready(http):
    assert http["health"] == {"got": [True, True, True]}
    assert http["model_that_is_not_there"] == {"got": False}


def test_http_reads_the_metadata(http):
    assert "binary_tensor_data" in http["server_metadata"]["got"]["extensions"]
    assert http["model_metadata"]["got"]["versions"] == ["3"]
    for side, specs in SIGNATURE.items():
        assert tensors(http["model_metadata"]["got"], side) == specs


@pytest.mark.parametrize(
    "form", ["binary_both_ways", "binary_unless_asked", "gzip_request", "deflate_request", "compressed_answer"]
)
def test_http_carries_every_datatype(http, form):
    assert http[form] == {"got": expected()}


def test_http_carries_json_where_the_client_has_it(http):
    assert http["json_both_ways"] == {"got": expected(*(each for each in VALUES if each != "BF16"))}


def test_http_gets_the_outputs_it_asks_for_each_in_its_form(http):
    assert http["mixed"] == {"got": expected("INT64", "BYTES")}


def test_http_gets_its_id_back_from_the_version_asked(http):
    assert http["id_and_version"] == {"got": {"id": "a id/1", "model_name": "echo", "model_version": "7"}}


def test_http_answers_many_at_once_each_to_its_asker(http):
    assert http["asynchronously"] == {"got": EIGHT}


@pytest.mark.parametrize("form", ["timeout_parameter", "parameters"])
def test_http_may_add_parameters(http, form):
    assert http[form] == {"got": expected("FP32")["fp32_out"]}


def test_http_errors_reach_the_caller_in_words(http):
    status, words = http["wrong_shape"]["got"]
    assert status == "400"
    assert "'index'" in words


def test_grpc_tells_what_is_live_and_ready(grpc):
    assert grpc["health"] == {"got": [True, True, True]}


def test_grpc_reads_the_metadata(grpc):
    assert grpc["server_metadata"]["got"]["name"] == "slipway"
    assert grpc["model_metadata"]["got"]["versions"] == ["3"]
    for side, specs in SIGNATURE.items():
        assert tensors(grpc["model_metadata"]["got"], side) == specs


@pytest.mark.parametrize("form", ["raw_both_ways", "gzip_request", "deflate_request"])
def test_grpc_carries_every_datatype(grpc, form):
    assert grpc[form] == {"got": expected()}


def test_grpc_gets_the_outputs_it_asks_for(grpc):
    assert grpc["requested_outputs"] == {"got": expected("BYTES", "UINT64")}


def test_grpc_gets_its_id_back_from_the_version_asked(grpc):
    assert grpc["id_and_version"] == {"got": {"id": "a id/1", "model_name": "echo", "model_version": "7"}}


def test_grpc_answers_many_at_once_each_to_its_asker(grpc):
    assert grpc["asynchronously"] == {"got": EIGHT}


def test_grpc_may_say_how_long_it_waits(grpc):
    assert grpc["timeouts"] == {"got": expected("FP32")["fp32_out"]}
    assert grpc["time_that_is_over"] == {"got": "StatusCode.DEADLINE_EXCEEDED"}


def test_grpc_errors_reach_the_caller_in_words(grpc):
    status, words = grpc["wrong_shape"]["got"]
    assert status == "StatusCode.INVALID_ARGUMENT"
    assert "'index'" in words
    assert grpc["model_that_is_not_there"] == {"got": "StatusCode.NOT_FOUND"}


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_model_is_unloaded_and_loaded(protocol, request):
    facts = request.getfixturevalue(protocol)
    assert facts["repository"] == {"got": [["UNLOADED", False], ["READY", True]]}
