"""Deploying on a real cluster: what serves afterwards, and what is said when it does not."""

import json
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.support.cluster import apply, find
from tests.support.endpoint import GATEWAY, GatewayConnection
from tests.support.load import load
from tests.support.registry_bundle import registry_bundle
from tests.support.serving_process import ask

LIAR = """
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Liar(BaseHTTPRequestHandler):
    def do_GET(self):
        output = {"name": "prediction", "datatype": "FP32", "shape": [2, 1], "data": [1, 2]}
        body = json.dumps({"outputs": [output]})
        if self.command == "POST": self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Slipway-Bundle-Digest", os.environ["DIGEST"])
        self.send_header("Slipway-Model-Version", "2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    do_POST = do_GET
HTTPServer(("", 8080), Liar).serve_forever()
"""


def served(url):
    """Version and digest of the bundle that answers behind the gateway now."""
    answer = ask(GatewayConnection(urlsplit(url).netloc), "GET", urlsplit(url).path)
    return answer.headers["slipway-model-version"], answer.headers["slipway-bundle-digest"]


class Clients:
    """Who asks an endpoint through the gateway, as `load` has them ask a server."""

    def __init__(self, url):
        self._host = urlsplit(url).netloc

    def connect(self):
        return GatewayConnection(self._host)


@pytest.fixture
def first(project, command, tmp_path):
    """Version 1 of `tiny`, deployed; its URL and its bundle."""
    bundle = registry_bundle(tmp_path / "first", weight=2.0)
    project.register("tiny", bundle)
    project.set_values("tiny", bundle)
    answer = command("deploy", "models:/tiny/1", "--env", "dev")
    assert answer.code == 0, answer.err
    return answer.out.strip(), bundle


@pytest.fixture
def second(first, project, tmp_path):
    """The bundle of version 2, registered and not deployed."""
    bundle = registry_bundle(tmp_path / "second", weight=3.0)
    project.register("tiny", bundle)
    return bundle


def test_a_version_is_deployed_listed_explained_and_removed(first, project, command):
    url, bundle = first

    assert url == f"http://tiny-{project.namespace}.example.com/v2/models/tiny"
    assert served(url) == ("1", bundle.digest)
    (listed,) = json.loads(command("endpoints", "--json").out)
    assert (listed["url"], listed["digest"], listed["replicas_ready"]) == (url, bundle.digest, 1)
    assert (listed["is_ready"], listed["traffic_percent"]) == (True, 100)
    explained = command("why", url, "--gateway", GATEWAY.geturl())
    assert f"bundle {bundle.digest}" in explained.out
    assert "source https://data.example/flights.csv" in explained.out

    removed = command("undeploy", "tiny", "--env", "dev", "--yes")
    assert (removed.code, removed.out) == (0, "Removed 'tiny' from dev: 1 ConfigMap, 1 InferenceService.\n")
    assert find("pods,inferenceservices,secrets", project.namespace) == []
    unknown = command("undeploy", "tiny", "--env", "dev", "--yes")
    assert unknown.code == 2
    assert "There is no endpoint 'tiny' in 'dev': expected one of: none" in unknown.err


def test_deploying_the_same_again_changes_nothing(first, project, command):
    before = {pod["metadata"]["uid"] for pod in find("pods", project.namespace)}

    assert command("deploy", "models:/tiny/1", "--env", "dev").code == 0
    assert {pod["metadata"]["uid"] for pod in find("pods", project.namespace)} == before


def test_the_next_version_takes_over_under_load_without_a_request_lost(first, second, project, command):
    url, bundle = first
    project.set_values("tiny", second)
    body = json.dumps(second.input_example).encode()

    with load(Clients(url), f"{urlsplit(url).path}/infer", body, clients=4, pause_seconds=0.01) as running:
        running.wait_for_more(20)
        answer = command("deploy", "models:/tiny/2", "--env", "dev")
        running.wait_for_more(20)

    assert answer.code == 0, answer.err
    assert running.lost == []
    assert {one.status for one in running.answers} == {200}
    assert {one.headers["slipway-bundle-digest"] for one in running.answers} == {bundle.digest, second.digest}
    assert served(url) == ("2", second.digest)


def test_an_endpoint_that_answers_otherwise_is_rolled_back(first, second, project, command):
    url, bundle = first
    project.set_values("tiny", second, script=LIAR, environment={"DIGEST": second.digest})

    answer = command("deploy", "models:/tiny/2", "--env", "dev")

    assert answer.code == 3, answer.err
    assert "answers the bundle's own example otherwise than recorded" in answer.err
    assert (
        "expected 'prediction' of shape [2, 1], [3.0, 6.0], got 'prediction' of shape [2, 1], [1.0, 2.0]"
        in answer.err
    )
    assert "Version 1 serves on." in answer.err
    assert served(url) == ("1", bundle.digest)


def test_a_server_that_ends_is_told_with_its_last_words_while_the_old_one_serves(first, second, project, command):
    url, bundle = first
    project.set_values("tiny", second, changed={"card.md": b"better"})

    answer = command("deploy", "models:/tiny/2", "--env", "dev", "--timeout-seconds", "60")

    assert answer.code == 1, answer.err
    assert "container 'kserve-container' exits with 1, and said last:" in answer.err
    assert "card.md has changed" in answer.err
    assert "Version 1 serves on." in answer.err
    assert served(url) == ("1", bundle.digest)


def test_a_first_deployment_that_fails_leaves_nothing(project, command, tmp_path):
    bundle = registry_bundle(tmp_path / "first")
    project.register("tiny", bundle)
    project.set_values("tiny", bundle, image="registry.local/no-such-image:1")

    answer = command("deploy", "models:/tiny@challenger", "--env", "dev", "--timeout-seconds", "60")

    assert answer.code == 1
    assert "image 'registry.local/no-such-image:1' cannot be pulled" in answer.err
    assert "Nothing served before, and what was made is removed." in answer.err
    assert (
        find("inferenceservices,secrets,configmaps", project.namespace)[1:] == []
    )  # the cluster's own certificate


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_deployment_that_is_interrupted_goes_back(first, second, project, number):
    url, bundle = first
    project.set_values("tiny", second, image="registry.local/no-such-image:1")
    main = "import sys; from slipway.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", main, "deploy", "models:/tiny/2", "--env", "dev"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        for line in running.stderr:
            if "cannot be pulled" in line:
                running.send_signal(number)
                break
        said = running.stderr.read()

    assert (running.returncode, said.splitlines()[-2:]) == (130, ["Version 1 serves on.", "Interrupted."])
    assert served(url) == ("1", bundle.digest)


def test_what_somebody_else_made_is_not_touched(project, command, tmp_path, namespace):
    container = {"name": "kserve-container", "image": "registry.local/no-such-image:1"}
    foreign = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "tiny", "annotations": {"serving.kserve.io/deploymentMode": "Standard"}},
        "spec": {"predictor": {"containers": [container]}},
    }
    apply([foreign], namespace)
    bundle = registry_bundle(tmp_path / "first")
    project.register("tiny", bundle)
    project.set_values("tiny", bundle)

    answer = command("deploy", "models:/tiny/1", "--env", "dev")

    assert answer.code == 1
    assert "It belongs to something else, such as Argo CD" in answer.err
    (service,) = find("inferenceservices", namespace)
    assert service["spec"]["predictor"]["containers"][0]["image"] == container["image"]
    assert "deletionTimestamp" not in service["metadata"]


def test_a_quota_is_named(project, command, tmp_path, namespace):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "narrow"}}
    apply([{**quota, "spec": {"hard": {"requests.memory": "64Mi"}}}], namespace)
    bundle = registry_bundle(tmp_path / "first")
    project.register("tiny", bundle)
    project.set_values("tiny", bundle)

    answer = command("deploy", "models:/tiny/1", "--env", "dev", "--timeout-seconds", "60")

    assert answer.code == 1
    assert "exceeded quota: narrow, requested: requests.memory=128Mi" in answer.err
    assert "have the namespace's ResourceQuota raised" in answer.err


def test_a_pod_that_no_node_takes_is_named(project, command, tmp_path):
    bundle = registry_bundle(tmp_path / "first")
    project.register("tiny", bundle)
    project.set_values("tiny", bundle, resources={"requests": {"cpu": "900"}, "limits": {"cpu": "900"}})

    answer = command("deploy", "models:/tiny/1", "--env", "dev", "--timeout-seconds", "5")

    assert answer.code == 1
    assert "no node takes the pod: 0/1 nodes are available: 1 Insufficient cpu" in answer.err
