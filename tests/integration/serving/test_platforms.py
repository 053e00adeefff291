"""The contracts of Amazon SageMaker and Google Vertex AI, held by real processes."""

import json
import signal
import time

import numpy as np
import pytest

from tests.support.plain_models import save, scaling
from tests.support.processes import free_ports
from tests.support.serving_process import serving
from tests.support.tiny_bundle import expected_probability, tiny_bundle

pytestmark = pytest.mark.slow

CSV, JSON = {"content-type": "text/csv"}, {"content-type": "application/json"}
ROWS = [(100.0, "AA"), (2000.0, "UA"), (None, "ZZ")]
INSTANCES = [{"distance": distance, "carrier": carrier} for distance, carrier in ROWS]
LINES = b"100.0,AA\n2000.0,UA\n,ZZ\n"
LATE = [expected_probability(np.nan if distance is None else distance, carrier) for distance, carrier in ROWS]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("platforms") / "flights").path


@pytest.fixture(scope="module")
def sagemaker(bundle):
    with serving("serve", "--model", str(bundle)) as server:
        yield server


def late_of(predictions):
    return [row["probabilities"][1] for row in predictions]


def test_sagemaker_pings_what_serve_started(sagemaker):
    assert sagemaker.ask("GET", "/ping").status == 200


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", ""])
def test_sagemaker_predicts_rows_in_json(sagemaker, content_type):
    answer = sagemaker.ask("POST", "/invocations", {"instances": INSTANCES}, {"content-type": content_type})

    assert answer.status == 200, answer.body
    assert late_of(answer.json["predictions"]) == pytest.approx(LATE)
    assert answer.headers["slipway-model-version"]


def test_sagemaker_predicts_rows_in_csv(sagemaker):
    answer = sagemaker.ask("POST", "/invocations", LINES, {**CSV, "accept": "text/csv"})

    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("text/csv")
    columns = zip(*(map(float, line.split(",")) for line in answer.body.decode().split()), strict=True)
    assert list(columns)[2] == pytest.approx(tuple(LATE))  # label, on time, late


def test_sagemaker_answers_csv_in_json_unless_asked_otherwise(sagemaker):
    answer = sagemaker.ask("POST", "/invocations", LINES, CSV)
    assert late_of(answer.json["predictions"]) == pytest.approx(LATE)


def test_sagemaker_takes_tensors_in_json_and_binary(sagemaker):
    distance = np.array([row[0] for row in ROWS], np.float32)
    carriers = {"name": "carrier", "datatype": "BYTES", "shape": [3, 1], "data": [row[1] for row in ROWS]}
    raw = {"name": "distance", "datatype": "FP32", "shape": [3, 1], "parameters": {"binary_data_size": 12}}
    typed = {**raw, "parameters": {}, "data": [row[0] for row in ROWS]}
    text = json.dumps({"inputs": [raw, carriers], "outputs": [{"name": "probabilities"}]}).encode()
    binary = f"application/vnd.sagemaker-triton.binary+json;json-header-size={len(text)}"

    for body, kind in (
        (json.dumps({"inputs": [typed, carriers], "outputs": [{"name": "probabilities"}]}).encode(), JSON),
        (text + distance.tobytes(), {"content-type": binary}),
    ):
        answer = sagemaker.ask("POST", "/invocations", body, kind)
        assert answer.status == 200, answer.body
        assert answer.json["outputs"][0]["data"][1::2] == pytest.approx(LATE)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"100.0\n", CSV, 400),
        (b"far,AA\n", CSV, 400),
        (b"", CSV, 400),
        (b'{"instances": [{"distance": 1}]}', JSON, 400),
        (b"<rows/>", {"content-type": "text/xml"}, 415),
        (LINES, {**CSV, "x-amzn-sagemaker-target-model": "absent"}, 404),
    ],
)
def test_sagemaker_hears_why_a_body_is_refused(sagemaker, body, headers, status):
    answer = sagemaker.ask("POST", "/invocations", body, headers)
    assert answer.status == status
    assert answer.json["error"]


def test_sagemaker_says_which_of_several_models(tmp_path):
    for name, factor in (("double", 2.0), ("triple", 3.0)):
        save(tmp_path / name / "model.onnx", scaling(factor))
    with serving("serve", "--model-dir", str(tmp_path)) as server:
        named = {"x-amzn-sagemaker-target-model": "triple", **CSV}
        assert server.ask("POST", "/invocations", b"1,2\n", named).json["predictions"] == [[3.0, 6.0]]
        assert server.ask("POST", "/invocations", b"1,2\n", CSV).status == 404


def test_vertex_says_port_paths_and_place_of_the_model(bundle):
    (port,) = free_ports(1)
    variables = {
        "AIP_HTTP_PORT": str(port),
        "AIP_HEALTH_ROUTE": "/health",
        "AIP_PREDICT_ROUTE": "/v1/endpoints/7/deployedModels/8:predict",
        "AIP_STORAGE_URI": str(bundle),
    }
    with serving(environment=variables) as server:
        assert server.port == port
        assert server.ask("GET", "/health").status == 200
        answer = server.ask(
            "POST", variables["AIP_PREDICT_ROUTE"], {"instances": INSTANCES, "parameters": {}}, JSON
        )
        assert answer.status == 200, answer.body
        assert late_of(answer.json["predictions"]) == pytest.approx(LATE)


def test_a_ping_hears_that_the_server_is_about_to_end(bundle):
    with serving("serve", "--model", str(bundle), "--linger-seconds", "2") as server:
        server.process.send_signal(signal.SIGTERM)
        while (answer := server.ask("GET", "/ping")).status == 200:
            time.sleep(0.01)  # the signal is on its way

        assert answer.status == 503
        assert server.ask("POST", "/invocations", LINES, CSV).status == 200
        assert server.process.wait(60) == 0
