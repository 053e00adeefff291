"""The protocol over REST, in this process."""

import gc
import json

import numpy as np
import pytest

import slipway
from serving.app import create_app
from serving.models import Models, ServedModel
from slipway.onnx.signature import Datatype
from tests.support.tiny_bundle import expected_probability

INFER = "/v2/models/flights/infer"


def request(distances=(100.0, 2000.0), carriers=("AA", "UA"), **more):
    count = len(distances)
    inputs = [
        {"name": "distance", "shape": [count, 1], "datatype": "FP32", "data": list(distances)},
        {"name": "carrier", "shape": [count, 1], "datatype": "BYTES", "data": list(carriers)},
    ]
    return {"inputs": inputs, **more}


def changed(position, **changes):
    content = request()
    content["inputs"][position] |= changes
    return content


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v2", {"name": "slipway", "version": slipway.__version__, "extensions": []}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/flights/ready", {"name": "flights", "ready": True}),
        ("/v2/models/flights/versions/7/ready", {"name": "flights", "ready": True}),
    ],
)
def test_health_and_metadata_of_the_server(ask, path, content):
    response = ask("GET", path)

    assert (response.status_code, response.json()) == (200, content)


@pytest.mark.parametrize("path", ["/v2/models/flights", "/v2/models/flights/versions/7"])
def test_metadata_of_a_model_is_its_signature(ask, path, flights):
    response = ask("GET", path)

    assert response.json() == {
        "name": "flights",
        "versions": ["7"],
        "platform": "onnx_onnxv1",
        "inputs": [
            {"name": "distance", "datatype": "FP32", "shape": [-1, 1]},
            {"name": "carrier", "datatype": "BYTES", "shape": [-1, 1]},
        ],
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
        ],
    }
    assert response.headers["slipway-bundle-digest"] == flights.digest


@pytest.mark.parametrize("path", [INFER, "/v2/models/flights/versions/7/infer"])
def test_an_answer_names_the_model_its_version_and_its_bundle(ask, path, flights):
    response = ask("POST", path, json=request(id="q-1"))

    content = response.json()
    assert response.status_code == 200
    assert response.headers["slipway-model-version"] == "7"
    assert response.headers["slipway-bundle-digest"] == flights.digest
    assert (content["model_name"], content["model_version"], content["id"]) == ("flights", "7", "q-1")
    late = np.reshape(content["outputs"][1]["data"], content["outputs"][1]["shape"])[:, 1]
    np.testing.assert_allclose(
        late, [expected_probability(100, "AA"), expected_probability(2000, "UA")], rtol=1e-6
    )


def test_the_bundles_own_example_gives_its_recorded_answer(ask, flights):
    assert ask("POST", INFER, json=flights.input_example).json()["outputs"] == flights.output_example["outputs"]


def test_missing_numbers_and_unknown_categories_are_answered(ask):
    response = ask("POST", INFER, json=request([None, None], ["never seen", ""]))

    assert response.json()["outputs"][1]["data"] == [0.5] * 4


def test_only_the_requested_output_comes_back(ask):
    response = ask("POST", INFER, json=request(outputs=[{"name": "label"}]))

    assert [output["name"] for output in response.json()["outputs"]] == ["label"]


def test_a_request_of_no_rows_gets_answers_of_no_rows(ask):
    outputs = ask("POST", INFER, json=request([], [])).json()["outputs"]

    assert [(output["shape"], output["data"]) for output in outputs] == [([0], []), ([0, 2], [])]


def test_nan_in_an_answer_is_null(ask, echo):
    content = echo.input_example
    for entry in content["inputs"]:
        if entry["datatype"].startswith("FP"):
            entry["data"][0] = None

    outputs = {
        output["name"]: output["data"]
        for output in ask("POST", "/v2/models/echo/infer", json=content).json()["outputs"]
    }

    assert [outputs[name] for name in ("fp16_out", "fp32_out", "fp64_out")] == [[None, 1.0]] * 3


def test_every_datatype_goes_through_the_server_and_back(ask, echo):
    sent = {entry["name"]: entry for entry in echo.input_example["inputs"]}
    assert set(sent) == {datatype.lower() for datatype in Datatype}

    outputs = ask("POST", "/v2/models/echo/infer", json={"inputs": list(sent.values())}).json()["outputs"]

    for output in outputs:
        assert output == {**sent[output["name"].removesuffix("_out")], "name": output["name"]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", ("JSON",)),
        (b"\xff", ("UTF-8",)),
        (b'{"inputs": [], "inputs": []}', ("each key once", "'inputs' twice")),
        (json.dumps(changed(0, data=[float("nan"), 1])).encode(), ("NaN",)),
        (b"[" * 100_000, ("levels",)),
        (json.dumps(changed(0, data=[1, 2])).replace("2]", "[" * 900 + "]" * 901).encode(), ("'distance'",)),
        (
            b'{"inputs": [], ' + b", ".join(b'"%d": 0' % (each // 2) for each in range(100_000)) + b"}",
            ("each key once",),
        ),
        (request() | {"inputs": request()["inputs"][:1]}, ("missing ['carrier']", "distance, carrier")),
        (request() | {"inputs": []}, ("missing ['carrier', 'distance']",)),
        (changed(0, name="\ud800"), ("unknown ['\\ud800']",)),
        (changed(0, name="miles"), ("missing ['distance']", "unknown ['miles']")),
        (changed(0, datatype="FP64"), ("'distance'", "FP32 of shape [-1, 1]", "float64 of shape [2, 1]")),
        (changed(0, shape=[2]), ("'distance'", "FP32 of shape [-1, 1]", "float32 of shape [2]")),
        (changed(0, shape=[1, 2]), ("'distance'", "FP32 of shape [-1, 1]", "float32 of shape [1, 2]")),
        (changed(0, shape=[3, 1]), ("'distance'", "3 values", "2")),
        (changed(0, shape=[10**18, 10**18]), ("'distance'", "dimensions of at most 2147483647")),
        (changed(0, shape=[0, 10**9], data=[]), ("'distance'", "FP32 of shape [-1, 1]")),
        (changed(0, data=[1, "a"]), ("'distance'", "numbers or null", '"a" at position 1')),
        (changed(1, data=["AA", None]), ("'carrier'", "strings", "null at position 1")),
        (request(outputs=[{"name": "late"}]), ("label, probabilities", "late")),
        (changed(0, shape=[1, 1], data=[1]), ("number of rows", "distance: 1, carrier: 2")),
    ],
)
def test_a_request_that_does_not_fit_is_refused_with_the_reason(ask, content, words):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    response = ask("POST", INFER, content=body)

    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert response.headers["slipway-model-version"] == "7"
    for word in words:
        assert word in response.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/v2/models/boats", 404, ("'boats'", "echo, flights")),
        ("GET", "/v2/models/boats/ready", 404, ("'boats'",)),
        ("POST", "/v2/models/boats/infer", 404, ("'boats'",)),
        ("POST", "/v2/models/flights/versions/8/infer", 404, ("'8'", "expected 7")),
        ("GET", "/nothing", 404, ("/nothing",)),
        ("GET", "/v2/", 404, ("/v2/",)),
        ("GET", INFER, 405, ("GET", "POST")),
        ("POST", "/v2/models/flights", 405, ("POST", "GET")),
        ("DELETE", "/v2/health/live", 405, ("DELETE", "GET")),
    ],
)
def test_what_does_not_exist_is_named(ask, method, path, status, words):
    response = ask(method, path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    for word in words:
        assert word in response.json()["error"]


def test_a_wrong_method_is_told_the_right_one(ask):
    assert ask("PUT", INFER).headers["allow"] == "POST"


def in_pieces(body):
    async def pieces():
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    return pieces()


@pytest.mark.parametrize("wrap", [lambda body: body, in_pieces], ids=["announced", "chunked"])
def test_a_body_beyond_the_limit_is_refused_however_it_comes(ask, models, wrap):
    body = json.dumps(request()).encode()

    too_long = ask("POST", INFER, app=create_app(models, max_body_bytes=len(body) - 1), content=wrap(body))
    just_fits = ask("POST", INFER, app=create_app(models, max_body_bytes=len(body)), content=wrap(body))

    assert (too_long.status_code, just_fits.status_code) == (413, 200)
    assert f"at most {len(body) - 1} bytes" in too_long.json()["error"]


def test_an_error_message_stays_short_however_long_the_request(ask):
    inputs = [
        {"name": f"{number}" * 200, "shape": [0], "datatype": "FP32", "data": []} for number in range(1000, 1100)
    ]

    response = ask("POST", INFER, json={"inputs": inputs})

    assert response.status_code == 400
    assert len(response.content) < 3000


class BrokenEngine:
    """An engine with a fault of its own, to see what the transport makes of it."""

    def __init__(self, signature):
        self.signature = signature

    def infer(self, request):  # noqa: ARG002
        raise MemoryError("details for the log")


def test_a_fault_of_the_engine_is_a_500_that_keeps_its_details_in_the_log(ask, flights, caplog):
    broken = ServedModel("broken", "1", flights.digest, BrokenEngine(flights.signature))

    response = ask("POST", "/v2/models/broken/infer", app=create_app(Models([broken])), json=request())

    assert response.status_code == 500
    assert response.json() == {"error": "The server failed to answer. The reason is in its log."}
    assert "details for the log" in caplog.text


def test_a_refused_request_leaves_nothing_of_itself_in_memory(ask):
    gc.collect()
    gc.disable()
    try:
        assert ask("POST", INFER, content=b'{"inputs": [{"left behind": []}]}').status_code == 400

        assert not [each for each in gc.get_objects() if isinstance(each, dict) and "left behind" in each]
    finally:
        gc.enable()
