"""curl, as people type it."""

import json
import shutil
import subprocess

import pytest

from tests.support.outputs import same_outputs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: install it"),
]


@pytest.fixture
def curl(server):
    def curl(path, *options, text=True):
        command = ["curl", "--silent", "--show-error", "--max-time", "60", *options, server.url + path]
        return subprocess.run(command, capture_output=True, text=text, check=True).stdout

    return curl


@pytest.fixture(scope="session")
def example(server, tmp_path_factory):
    picked = {"inputs": [{"name": "index", "datatype": "INT64", "shape": [2, 1], "data": [2, 0]}]}
    path = tmp_path_factory.mktemp("curl") / "request.json"
    path.write_text(json.dumps(picked))
    return path


PICKED = [{"name": "picked", "datatype": "FP32", "shape": [2, 1], "data": [30.0, 10.0]}]


def test_a_request_from_a_file(curl, example):
    answer = json.loads(curl("/v2/models/picking/infer", "--data", f"@{example}"))
    assert same_outputs(answer["outputs"], PICKED)


def test_a_body_of_unknown_length(curl, example):
    with example.open("rb") as body:
        options = ("--header", "Transfer-Encoding: chunked", "--upload-file", "-", "--request", "POST")
        command = ["curl", "--silent", "--max-time", "60", *options]
        url = curl("/v2", "--write-out", "%{url}", "--output", "/dev/null") + "/models/picking/infer"
        answer = subprocess.run([*command, url], stdin=body, capture_output=True, check=True).stdout
    assert same_outputs(json.loads(answer)["outputs"], PICKED)


def test_a_long_body_waits_for_leave_to_be_sent(curl, tmp_path):
    rows = 300_000
    body = tmp_path / "long.json"
    data = [0] * rows
    body.write_text(
        json.dumps({"inputs": [{"name": "index", "datatype": "INT64", "shape": [rows, 1], "data": data}]})
    )
    answer = json.loads(curl("/v2/models/picking/infer", "--data", f"@{body}", "--header", "Expect: 100-continue"))
    assert answer["outputs"][0]["shape"] == [rows, 1]


def test_a_compressed_body(curl, example, tmp_path):
    subprocess.run(["gzip", "--keep", "--force", example], check=True)
    options = ("--header", "Content-Encoding: gzip", "--data-binary", f"@{example}.gz")
    answer = json.loads(curl("/v2/models/picking/infer", *options))
    assert same_outputs(answer["outputs"], PICKED)


def test_a_head_has_no_body(curl):
    assert curl("/v2/health/ready", "--head").startswith("HTTP/1.1 200 OK")


def test_old_http_is_answered_and_closed(curl, example):
    answer = curl("/v2/models/picking/infer", "--http1.0", "--data", f"@{example}", "--include")
    assert answer.startswith("HTTP/1.1 200 OK")
    assert answer.rstrip().endswith("}")


def test_csv_of_sagemaker_names_the_model(curl):
    options = ("--header", "Content-Type: text/csv", "--header", "Accept: text/csv", "--data-binary", "2\n0\n")
    target = ("--header", "X-Amzn-SageMaker-Target-Model: picking")
    assert curl("/invocations", *options, *target).split() == ["30.0", "10.0"]


def test_metrics_count_the_requests(curl, example):
    curl("/v2/models/picking/infer", "--data", f"@{example}")
    lines = [line for line in curl("/metrics").splitlines() if "picking" in line and not line.startswith("#")]
    assert any(float(line.rpartition(" ")[2]) >= 1 for line in lines if "_total" in line)
