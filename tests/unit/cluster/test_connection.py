"""Asking a cluster: what is said of one that refuses, is slow, breaks off, or cannot be found."""

import pytest
import yaml

from slipway.cluster import kinds
from slipway.cluster.connection import Cluster
from slipway.errors import ClusterError, ClusterUnreachableError, ExitCode
from tests.support.kubernetes_api import TOKEN, Saying
from tests.support.ports import closed_port

PODS = "/api/v1/namespaces/here/pods"


def test_objects_are_plain_json_and_what_is_absent_is_none(cluster, api):
    pod = {"metadata": {"name": "one", "namespace": "here"}, "spec": {"containers": []}}
    api.hold(PODS, pod)

    assert [one["metadata"]["name"] for one in cluster.list(kinds.Pod, "here")] == ["one"]
    assert cluster.get(kinds.Pod, "one", "here")["metadata"]["name"] == "one"
    assert cluster.get(kinds.Pod, "two", "here") is None
    assert cluster.read_path("/apis/no.such.group") is None
    assert cluster.list_known(kinds.ClusterServingRuntime) == []


@pytest.mark.parametrize(
    ("status", "message", "cure"),
    [
        (401, "Unauthorized", "Log in to the cluster again"),
        (403, 'pods is forbidden: User "eve" cannot list resource "pods"', "Ask whoever runs the cluster"),
        (409, "the object has been modified", "Somebody else changed it at the same moment"),
        (429, "too many requests", "The cluster is busy"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words_with_a_cure(cluster, api, status, message, cure):
    api.refuse(PODS, status, message)

    with pytest.raises(ClusterError) as caught:
        cluster.list(kinds.Pod, "here")

    assert caught.value.failed == f"Cannot list Pods at {api.url}: {message}"
    assert caught.value.cure.startswith(cure)
    assert not isinstance(caught.value, ClusterUnreachableError)


def test_the_token_is_in_no_message(cluster, api):
    api.refuse(PODS, 401, "Unauthorized")

    with pytest.raises(ClusterError) as caught:
        cluster.list(kinds.Pod, "here")

    assert TOKEN not in f"{caught.value} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    "saying",
    [
        Saying(502, "<html>Bad Gateway</html>", content_type="text/html"),
        Saying(200, '{"items": []}', cut=True),
        Saying(200, "<html>Welcome</html>"),
    ],
    ids=["bad gateway", "broken off", "not JSON"],
)
def test_what_is_no_answer_of_the_api_is_unreachable(cluster, api, saying):
    api.sayings[PODS] = saying

    with pytest.raises(ClusterUnreachableError) as caught:
        cluster.list(kinds.Pod, "here")

    assert caught.value.exit_code is ExitCode.UNREACHABLE


def test_a_cluster_that_is_too_slow_is_unreachable(api, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "kubeconfig")))
    api.say("/version", {"gitVersion": "v1.36.0"}, after_seconds=1.0)

    with pytest.raises(ClusterUnreachableError, match=r"does not answer: timed out|ReadTimeout|does not answer"):
        Cluster.connect(timeout_seconds=0.05).read_path("/version")


def test_nothing_that_listens_is_unreachable(tmp_path, monkeypatch, api):
    with closed_port() as port:
        api.url = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "kubeconfig")))
        with pytest.raises(ClusterUnreachableError, match=f"http://127.0.0.1:{port} does not answer"):
            Cluster.connect().list(kinds.Node)


def _without_cluster(config):
    config["clusters"] = []


def _without_current(config):
    del config["current-context"]


@pytest.mark.parametrize("break_it", [_without_cluster, _without_current, dict.clear])
def test_a_kubeconfig_that_lacks_something_says_what_to_point_to(api, tmp_path, monkeypatch, break_it):
    path = api.write_kubeconfig(tmp_path / "kubeconfig")
    config = yaml.safe_load(path.read_text())
    break_it(config)
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))

    with pytest.raises(ClusterError, match=r"No cluster can be reached.*Point KUBECONFIG at one file"):
        Cluster.connect()


def test_a_missing_kubeconfig_and_a_missing_context_are_named(api, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ClusterError, match=f"got KUBECONFIG={tmp_path / 'none'}"):
        Cluster.connect()

    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "kubeconfig")))
    with pytest.raises(ClusterError, match=r"Context 'prod' not found.*a kubeconfig with a context 'prod'"):
        Cluster.connect("prod")


def test_credentials_of_a_plugin_that_fails_are_to_be_renewed(api, tmp_path, monkeypatch):
    path = api.write_kubeconfig(tmp_path / "kubeconfig")
    config = yaml.safe_load(path.read_text())
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "false"}
    config["users"][0]["user"] = {"exec": plugin}
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))

    with pytest.raises(ClusterError, match="Log in to the cluster again"):
        Cluster.connect().list(kinds.Node)
