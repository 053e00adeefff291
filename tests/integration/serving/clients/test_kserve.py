"""KServe's own clients, unmodified."""

import pytest

from tests.integration.serving.clients.echoed import HALVES, VALUES, expected
from tests.support.tiny_bundle import expected_probability

pytestmark = pytest.mark.slow

WHOLE = [datatype for datatype in VALUES if datatype not in HALVES]


@pytest.fixture(scope="session")
def rest(server, client):
    return client("kserve", "kserve_rest.py", server.url)


@pytest.fixture(scope="session")
def grpc(server, client):
    return client("kserve", "kserve_grpc.py", server.address)


def test_rest_tells_what_is_live_and_ready(rest):
    assert rest["health"] == {"got": [True, True, True, False]}
    assert rest["v1_health"] == {"got": [True, True]}


@pytest.mark.parametrize("form", ["json_both_ways", "binary_by_one_parameter"])
def test_rest_carries_every_datatype_that_the_client_has_a_form_for(rest, form):
    assert rest[form] == {"got": expected(*WHOLE)}


def test_rest_carries_halves_beside_the_rest(rest):
    assert rest["binary_both_ways"] == {"got": expected()}


def test_rest_answers_name_id_version_and_digest(rest, server):
    digest = next(model["digest"] for model in server.facts["models"] if model["name"] == "echo")
    assert rest["id_and_headers"] == {"got": ["7f", "echo", "7", digest, "application/json"]}


def test_rest_predicts_rows_of_v1(rest):
    labels, late = [], []
    for row in rest["v1_predict"]["got"]["predictions"]:
        labels.append(row["label"])
        late.append(row["probabilities"][1])
    assert labels == [1, 1]
    assert late == pytest.approx([expected_probability(100, "AA"), expected_probability(2000, "UA")])


def test_rest_errors_reach_the_caller_in_words(rest):
    status, words = rest["what_the_server_refuses"]["got"]
    assert status == 400
    assert "missing" in words


def test_grpc_tells_what_is_live_and_ready(grpc):
    assert grpc["health"] == {"got": [True, True, True]}


@pytest.mark.parametrize("form", ["typed_both_ways", "raw_both_ways", "compressed"])
def test_grpc_carries_every_datatype_that_the_client_has_a_form_for(grpc, form):
    assert grpc[form] == {"got": expected(*WHOLE)}


def test_grpc_answers_name_id_and_version(grpc):
    assert grpc["id_and_version"] == {"got": ["7f", "typed", "8"]}


def test_grpc_errors_reach_the_caller_in_words(grpc):
    code, words = grpc["model_that_is_not_there"]["got"]
    assert code == "NOT_FOUND"
    assert "'absent'" in words
