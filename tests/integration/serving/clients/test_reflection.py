"""A gRPC client that knows nothing of us but the address, and the one that probes health."""

import pytest

pytestmark = pytest.mark.slow

METHODS = [
    *("ModelInfer", "ModelMetadata", "ModelReady", "RepositoryIndex", "RepositoryModelLoad"),
    *("RepositoryModelUnload", "ServerLive", "ServerMetadata", "ServerReady"),
]


@pytest.fixture(scope="session")
def facts(server, client):
    return client("grpc", "reflected.py", server.address)


def test_it_finds_services_and_methods(facts):
    assert "inference.GRPCInferenceService" in facts["services"]["got"]
    assert facts["methods"] == {"got": METHODS}


def test_it_builds_messages_and_asks_the_model(facts):
    assert facts["live"] == {"got": {"live": True}}
    assert facts["metadata"]["got"]["inputs"] == [{"name": "index", "datatype": "INT64", "shape": ["-1", "1"]}]
    answer = facts["inference"]["got"]
    assert answer["id"] == "by reflection"
    assert answer["outputs"][0]["contents"] == {"fp32Contents": [30.0, 10.0]}


def test_it_probes_health(facts):
    assert facts["health"] == {"got": ["SERVING", "SERVING"]}
    assert facts["health_watch"] == {"got": "SERVING"}
    assert facts["health_of_an_unknown_service"] == {"got": "NOT_FOUND"}
