import json

import pytest

from slipway.cli.kubeflow.client import Kubeflow
from slipway.errors import (
    ExitCode,
    KubeflowError,
    KubeflowForbiddenError,
    KubeflowUnreachableError,
    SettingsError,
)
from slipway.settings import Settings
from tests.support.answering import answering
from tests.support.kubeflow_server.server import Fault
from tests.support.ports import closed_port


def connect(url, **settings):
    return Kubeflow(Settings(kubeflow_url=url, kubeflow_patience_seconds=0, **settings), lambda _: None)


def test_server_that_is_not_there_is_named_with_the_cure():
    with closed_port() as port, pytest.raises(KubeflowUnreachableError) as raised:
        connect(f"http://127.0.0.1:{port}")
    assert f"http://127.0.0.1:{port}: it does not answer (nothing listens there)" in str(raised.value)
    assert "port-forward" in raised.value.cure
    assert raised.value.exit_code is ExitCode.UNREACHABLE


def test_name_that_does_not_resolve_is_said_so():
    with pytest.raises(KubeflowUnreachableError, match="its name does not resolve"):
        connect("http://kubeflow.invalid")


def test_server_without_tls_is_told_from_one_with_a_foreign_certificate(server):
    with pytest.raises(KubeflowUnreachableError, match="does not speak TLS.*http://"):
        connect(server.url.replace("http:", "https:"))


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_names_the_token(status, server):
    server.faults.append(Fault("healthz", status=status, body='{"code": 16, "message": "no identity"}'))
    with pytest.raises(
        KubeflowForbiddenError, match=rf"HTTP {status}\): no identity.*SLIPWAY_KUBEFLOW_TOKEN_FILE"
    ):
        connect(server.url)


def test_login_page_that_a_proxy_sends_to_is_recognised(server):
    server.faults.append(Fault("healthz", status=302))
    with pytest.raises(KubeflowForbiddenError, match="login page"):
        connect(server.url)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_gateway_whose_server_is_away_is_unreachable(status, server):
    server.faults.append(Fault("healthz", status=status, body="no healthy upstream"))
    with pytest.raises(KubeflowUnreachableError, match=f"it is not ready \\(HTTP {status}\\)"):
        connect(server.url)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>Welcome</html>", "is no Kubeflow Pipelines.*text/html"),
        (404, b"404 page not found", "no Kubeflow Pipelines 2 answers there"),
    ],
)
def test_other_server_is_told_from_kubeflow(status, body, told):
    with answering(status, body, {"Content-Type": "text/html"}) as url, pytest.raises(KubeflowError, match=told):
        connect(url)


def test_page_for_people_in_any_encoding_is_no_bug(server):
    client = connect(server.url)
    with answering(200, b"<html>f\xfcr</html>", {"Content-Type": "text/html"}) as url:
        client.transport.configuration.host = url
        with pytest.raises(KubeflowError, match="no JSON"):
            client.experiment_id("trials")
    with answering(418, b"f\xfcr") as url:
        client.transport.configuration.host = url
        with pytest.raises(KubeflowError, match="HTTP 418"):
            client.experiment_id("trials")


def test_message_of_the_server_stands_in_the_error(server):
    client = connect(server.url)
    body = json.dumps({"code": 9, "message": "Experiment is archived."})
    server.faults.append(Fault("GET /apis/v2beta1/experiments", status=400, body=body))
    with pytest.raises(KubeflowError, match=r"Cannot list experiments at .*: Experiment is archived \(HTTP 400\)"):
        client.experiment_id("trials")


def test_credentials_in_the_address_are_not_shown(server):
    with closed_port() as port, pytest.raises(KubeflowUnreachableError) as raised:
        connect(f"http://ada:secret@127.0.0.1:{port}")
    assert "secret" not in str(raised.value)


def test_token_is_sent_and_never_shown(server):
    server.token = "s3cr3t"
    assert connect(server.url, kubeflow_token="s3cr3t").experiment_id("trials")
    with pytest.raises(KubeflowForbiddenError) as raised:
        connect(server.url, kubeflow_token="wr0ng")
    assert "wr0ng" not in str(raised.value)
    assert "wr0ng" not in repr(Settings(kubeflow_token="wr0ng"))


def test_token_s_file_is_read_for_each_request(server, tmp_path):
    file = tmp_path / "token"
    file.write_text("old\n")
    server.token = "old"
    client = connect(server.url, kubeflow_token_file=str(file))
    file.write_text("new\n")
    server.token = "new"
    assert client.experiment_id("trials")


@pytest.mark.parametrize("name", ["kubeflow_token_file", "kubeflow_ca_file"])
def test_file_that_cannot_be_read_names_its_setting(name, server):
    with pytest.raises(SettingsError, match=f"SLIPWAY_{name.upper()}"):
        connect(server.url, **{name: "/nowhere/file"})


@pytest.mark.parametrize("url", ["", "localhost:8888", "ftp://localhost", "http://"])
def test_address_that_is_none_is_a_malformed_setting(url):
    with pytest.raises(SettingsError, match="SLIPWAY_KUBEFLOW_URL"):
        connect(url)


@pytest.mark.parametrize("tail", ["/", "/#/runs", "/apis/v2beta1/runs"])
def test_address_copied_from_a_browser_does(tail, server):
    assert connect(server.url + tail).url == server.url
