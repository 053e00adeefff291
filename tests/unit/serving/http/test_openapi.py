"""The document that the server publishes, held against what the server reads and writes."""

from types import SimpleNamespace

import numpy as np
import orjson
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from serving.http.openapi import openapi_document
from serving.http.openapi_operation import ALWAYS, ERRORS
from serving.http.openapi_tensors import answer_schema, example_request, request_schema
from serving.inference.plan import ModelPlan
from serving.models.served import ServedModel
from serving.observe.metrics import ServerMetrics
from serving.platforms import SAGEMAKER_PATHS, HostedPaths
from serving.tensors.json_answer import JsonAnswer
from serving.tensors.json_request import read_json_request
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

DIGEST = "sha256:" + "a" * 64


def plan_of(inputs, outputs):
    def specs(tensors):
        return tuple(TensorSpec(name=name, datatype=kind, shape=shape) for name, (kind, shape) in tensors.items())

    return ModelPlan.of(ModelSignature(inputs=specs(inputs), outputs=specs(outputs)))


FLIGHTS = plan_of(
    {"distance": (Datatype.FP32, (-1, 1)), "carrier": (Datatype.BYTES, (-1, 1))},
    {"label": (Datatype.INT64, (-1,)), "probabilities": (Datatype.FP32, (-1, 2))},
)
EVERY_DATATYPE = plan_of(
    {kind.lower(): (kind, (-1, 2)) for kind in Datatype},
    {f"{kind.lower()}_out": (kind, (-1, 2)) for kind in Datatype},
)
IMAGES = plan_of({"image": (Datatype.UINT8, (-1, 2, 2, 3))}, {"class": (Datatype.INT64, (-1,))})
SCALAR = plan_of({"x": (Datatype.FP64, ())}, {"y": (Datatype.FP64, ())})


class Models:
    """What the document asks of a repository: models that are ready, and one that is not."""

    def __init__(self, **plans):
        self._models = {
            name: ServedModel(
                name, "7", DIGEST, plan, None, ServerMetrics().for_model(name, "7", DIGEST, plan, None)
            )
            for name, plan in plans.items()
        }

    def index(self):
        ready = [SimpleNamespace(name=name, version="7", state="READY", reason="") for name in self._models]
        return [*ready, SimpleNamespace(name="broken", version="", state="UNAVAILABLE", reason="no such file")]

    def find(self, name):
        return self._models[name]


@pytest.fixture(scope="module")
def document():
    return openapi_document(Models(flights=FLIGHTS, every=EVERY_DATATYPE), [SAGEMAKER_PATHS])


def operations(document):
    return [
        (path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()
    ]


def resolve(document, node):
    while "$ref" in node:
        target = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


def accepts(schema, value):
    return Draft202012Validator(schema).is_valid(value)


def test_the_document_is_openapi(document):
    OpenAPIV31SpecValidator(document).validate()


def test_the_document_is_json(document):
    assert orjson.loads(orjson.dumps(document)) == document


def test_a_server_without_models_has_a_document():
    OpenAPIV31SpecValidator(openapi_document(Models(), [])).validate()


def test_every_ready_model_has_its_paths(document):
    posts = {path for path, method, _ in operations(document) if method == "post"}
    for path in ("/v2/models/flights", "/v2/models/flights/versions/7", "/v2/models/every"):
        assert f"{path}/infer" in posts
    assert "/v1/models/flights:predict" in posts
    assert not any("broken" in path for path in document["paths"])


def test_a_model_that_is_not_ready_can_be_named(document):
    (name,) = document["paths"]["/v2/models/{name}/ready"]["get"]["parameters"]
    assert name["schema"]["enum"] == ["flights", "every", "broken"]


def test_the_hosts_paths_are_those_configured():
    hosted = openapi_document(Models(), [HostedPaths("/health", "/predict")])["paths"]
    assert {"/health", "/predict"} <= hosted.keys()
    assert not {"/ping", "/invocations"} & hosted.keys()


def test_every_operation_has_its_own_id(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_operation_names_the_errors_that_any_request_can_get(document):
    for path, method, operation in operations(document):
        missing = set(map(str, ALWAYS)) - operation["responses"].keys()
        assert not missing, (path, method)


def test_inference_names_what_may_go_wrong_with_it(document):
    for path in ("/v2/models/flights/infer", "/v1/models/flights:predict", "/invocations"):
        assert {"200", "404", "415", "429", "503", "504"} <= document["paths"][path]["post"]["responses"].keys()


def test_every_error_is_the_protocols_error_object(document):
    for status in ERRORS:
        schema = document["components"]["responses"][f"Error{status}"]["content"]["application/json"]["schema"]
        assert accepts(resolve(document, schema), {"error": "what failed"})
        assert not accepts(resolve(document, schema), {"message": "what failed"})


def test_readiness_is_told_by_503_too(document):
    responses = document["paths"]["/v2/health/ready"]["get"]["responses"]
    schemas = {
        status: resolve(document, responses[status]["content"]["application/json"]["schema"])
        for status in ("200", "503")
    }
    assert accepts(schemas["200"], {"ready": True})
    assert not accepts(schemas["200"], {"ready": False})
    assert accepts(schemas["503"], {"ready": False})


def test_answers_about_a_model_name_it_in_headers(document):
    for path in ("/v2/models/{name}", "/v2/models/flights/infer"):
        (operation,) = document["paths"][path].values()
        assert operation["responses"]["200"]["headers"].keys() == {
            "slipway-model-version",
            "slipway-bundle-digest",
        }


@pytest.mark.parametrize("plan", [FLIGHTS, EVERY_DATATYPE, IMAGES, SCALAR])
def test_the_example_is_a_request_that_the_server_reads(plan):
    example = example_request(plan)
    assert accepts(request_schema(plan), example)
    question = read_json_request(orjson.dumps(example), plan)
    assert plan.request(question.inputs, question.form.outputs, None, 0.0).rows == 1


def distance(**changes):
    return {"name": "distance", "datatype": "FP32", "shape": [2, 1], "data": [1.5, None]} | changes


def carrier(**changes):
    return {"name": "carrier", "datatype": "BYTES", "shape": [2, 1], "data": [["AA"], [""]]} | changes


@pytest.mark.parametrize(
    "request_body",
    [
        {"inputs": [distance(), carrier()]},
        {"inputs": [carrier(), distance()]},
        {"inputs": [distance(data=[[1], [2]]), carrier()], "id": "a", "parameters": {"x": 1}},
        {"inputs": [distance(), carrier()], "outputs": [{"name": "label"}], "id": None, "parameters": None},
        {"inputs": [distance(parameters={"a": "b"}), carrier()], "outputs": [], "extension": {}},
    ],
)
def test_what_the_server_reads_is_described(request_body):
    read_json_request(orjson.dumps(request_body), FLIGHTS)
    assert accepts(request_schema(FLIGHTS), request_body)


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        [],
        {"inputs": []},
        {"inputs": [distance(), carrier(name="unknown")]},
        {"inputs": [distance(datatype="FP64"), carrier()]},
        {"inputs": [distance(shape=[2]), carrier()]},
        {"inputs": [distance(shape=[2, 1, 1]), carrier()]},
        {"inputs": [distance(shape=[0, 1]), carrier()]},
        {"inputs": [distance(data=["far", "near"]), carrier()]},
        {"inputs": [distance(data=[True, False]), carrier()]},
        {"inputs": [distance(data=5), carrier()]},
        {"inputs": [distance(), carrier(data=[None, ""])]},
        {"inputs": [distance(), carrier()], "outputs": [{"name": "none"}]},
        {"inputs": [distance(), carrier()], "outputs": [{}]},
        {"inputs": [distance(), carrier()], "id": 5},
        {"inputs": [distance(), carrier()], "parameters": {"nested": {}}},
    ],
)
def test_what_the_schema_excludes_the_server_refuses(request_body):
    assert not accepts(request_schema(FLIGHTS), request_body)
    with pytest.raises(InferenceError):
        question = read_json_request(orjson.dumps(request_body), FLIGHTS)
        FLIGHTS.request(question.inputs, question.form.outputs, None, 0.0)


@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [
        ("UINT8", [0, 255], [-1, 256, "1", None]),
        ("INT8", [-128, 127], [-129, 128]),
        ("INT64", [-(2**63), 2**63 - 1], [2**63]),
        ("UINT64", [2**64 - 1], [-1, 2**64]),
        ("BOOL", [True, False], [0, "true", None]),
        ("FP16", [0.5, 1, None], ["1", True]),
        ("BF16", [0.5, 1, None], ["1", True]),
        ("BYTES", ["", "é"], [None, 1]),
    ],
)
def test_values_are_bounded_by_their_datatype(datatype, good, bad):
    plan = plan_of({"x": (Datatype(datatype), (1,))}, {"y": (Datatype.FP32, (1,))})

    def body(value):
        return {"inputs": [{"name": "x", "datatype": datatype, "shape": [1], "data": [value]}]}

    for value in good:
        assert accepts(request_schema(plan), body(value)), value
        read_json_request(orjson.dumps(body(value)), plan)
    for value in bad:
        assert not accepts(request_schema(plan), body(value)), value


@pytest.mark.parametrize("request_id", [None, "abc"])
def test_what_the_server_writes_is_described(request_id):
    outputs = [np.array([0, 1]), np.array([[0.5, np.nan], [np.inf, 1]], np.float32)]
    body = orjson.loads(JsonAnswer("flights", "7", FLIGHTS).write(outputs, FLIGHTS.output_names, request_id))
    assert accepts(answer_schema("flights", "7", FLIGHTS), body)


@pytest.mark.parametrize(
    "changes", [{"model_name": "other"}, {"outputs": []}, {"more": 1}, {"outputs": [{"name": "label"}]}]
)
def test_another_answer_is_not_described(changes):
    label = {"name": "label", "datatype": "INT64", "shape": [1], "data": [0]}
    body = {"model_name": "flights", "model_version": "7", "outputs": [label]}
    assert accepts(answer_schema("flights", "7", FLIGHTS), body)
    assert not accepts(answer_schema("flights", "7", FLIGHTS), body | changes)
