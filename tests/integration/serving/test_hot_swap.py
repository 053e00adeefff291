"""Versions change under load, and no request notices but by the version that answers it."""

import hashlib
import json
from collections import Counter
from contextlib import contextmanager
from threading import Event, Thread

import grpc
import pytest

from serving.grpc.protos import open_inference_pb2 as pb
from slipway.registry.aliases import promote
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from tests.support.embedded_registry import migrated_database, settings  # noqa: F401
from tests.support.load import load
from tests.support.plain_models import save, scaling
from tests.support.records import run_record
from tests.support.registry_bundle import registry_bundle
from tests.support.serving_process import serving

pytestmark = pytest.mark.slow

PAIR = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 10]}]}
SWAPS = 6


def infer_path(model):
    return f"/v2/models/{model}/infer"


def index(server, model):
    return next(each for each in server.ask("POST", "/v2/repository/index").json if each["name"] == model)


def replace(folder, content):
    """Put a new model into place as careful writers do: whole, and at once."""
    new = folder.with_name("new")
    new.write_bytes(content)
    new.rename(folder / "model.onnx")


@contextmanager
def grpc_load(server, model):
    """Ask over gRPC without pause; yields a list that gets (code, version, first output) of each call."""
    answers, over = [], Event()
    request = pb.ModelInferRequest(model_name=model)
    request.inputs.add(name="x", datatype="FP32", shape=[1, 2]).contents.fp32_contents.extend([1, 10])

    def run():
        with grpc.insecure_channel(server.address) as channel:
            infer = channel.unary_unary(
                "/inference.GRPCInferenceService/ModelInfer",
                request_serializer=pb.ModelInferRequest.SerializeToString,
                response_deserializer=pb.ModelInferResponse.FromString,
            )
            while not over.is_set():
                try:
                    answer = infer(request, timeout=60)
                    value = answer.outputs[0].contents.fp32_contents[0]
                    answers.append(("OK", answer.model_version, value))
                except grpc.RpcError as error:
                    answers.append((error.code().name, "", error.details()))

    thread = Thread(target=run)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


def test_a_folder_replaced_and_loaded_again_loses_no_request(tmp_path):
    contents = {factor: scaling(factor).SerializeToString() for factor in (2.0, 3.0)}
    versions = {hashlib.sha256(content).hexdigest()[:12]: factor for factor, content in contents.items()}
    folder = save(tmp_path / "pair" / "model.onnx", scaling(2.0)).parent
    with (
        serving("--model", f"pair={folder}", "--allow-control") as server,
        load(server, infer_path("pair"), json.dumps(PAIR).encode()) as running,
        grpc_load(server, "pair") as calls,
    ):
        for number in range(SWAPS):
            replace(folder, contents[(3.0, 2.0)[number % 2]])
            assert server.ask("POST", "/v2/repository/models/pair/load", {}).status == 200
            running.wait_for_more(20)
        running.end()

    assert running.lost == []
    for answer in running.answers:
        assert answer.status == 200
        factor = versions[answer.headers["slipway-model-version"]]
        assert answer.json["model_version"] == answer.headers["slipway-model-version"]
        assert answer.json["outputs"][0]["data"] == [factor, 10 * factor]
    assert set(Counter(answer.json["model_version"] for answer in running.answers)) == set(versions)
    assert all(code == "OK" and versions[version] == value for code, version, value in calls), calls[:3]
    assert {version for _, version, _ in calls} == set(versions)


def test_a_broken_version_keeps_the_old_one_and_says_why(tmp_path):
    folder = save(tmp_path / "pair" / "model.onnx", scaling(2.0)).parent
    with (
        serving("--model", f"pair={folder}", "--allow-control") as server,
        load(server, infer_path("pair"), json.dumps(PAIR).encode()) as running,
    ):
        version = index(server, "pair")["version"]
        replace(folder, b"no model at all")
        refused = server.ask("POST", "/v2/repository/models/pair/load", {})
        running.wait_for_more(50)
        kept = index(server, "pair")
        assert server.ask("GET", "/v2/health/ready").status == 200

        replace(folder, scaling(5.0).SerializeToString())
        assert server.ask("POST", "/v2/repository/models/pair/load", {}).status == 200
        running.wait_for(lambda answers: answers[-1].json["outputs"][0]["data"] == [5.0, 50.0])
        mended = index(server, "pair")

    assert refused.status == 422
    assert "model.onnx" in refused.json["error"]
    assert (kept["state"], kept["version"]) == ("READY", version)
    assert "model.onnx" in kept["reason"]
    assert (mended["state"], mended["reason"]) == ("READY", "")
    assert running.lost == []
    assert {answer.status for answer in running.answers} == {200}


def test_an_alias_that_moves_is_followed_without_losing_a_request(settings, tmp_path):  # noqa: F811
    def register(weight):
        bundle = registry_bundle(tmp_path / f"weight-{weight}", weight=weight)
        run_id = record_run(run_record(bundle), settings)
        register_bundle("tiny", bundle, run_id, settings)
        return bundle

    bundles = {"1": register(2.0), "2": register(3.0)}
    weights = {"1": 2.0, "2": 3.0}
    promote("tiny", "1", settings)
    question = {"inputs": [{"name": "distance", "datatype": "FP32", "shape": [1, 1], "data": [100]}]}
    with (
        serving(
            "--model", "models:/tiny@champion", "--poll-seconds", "0.2", environment=settings.environment()
        ) as server,
        load(server, infer_path("tiny"), json.dumps(question).encode(), pause_seconds=0.02) as running,
    ):
        running.wait_for_more(20)
        promote("tiny", "2", settings)
        running.wait_for(lambda answers: answers[-1].headers["slipway-model-version"] == "2")
        running.wait_for_more(20)

    assert running.lost == []
    for answer in running.answers:
        version = answer.headers["slipway-model-version"]
        assert answer.status == 200
        assert answer.headers["slipway-bundle-digest"] == bundles[version].digest
        assert answer.json["outputs"][0]["data"] == [100 * weights[version]]
