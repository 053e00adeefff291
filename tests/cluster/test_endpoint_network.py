"""Who reaches a model server, and what it reaches: a pod that tries is refused."""

import pytest

from tests.support.cluster import apply, get, wait_until
from tests.support.helm import CommandError, kubectl
from tests.support.model_volume import on_volume
from tests.support.node_images import image_on_node

ALLOWED = {"app.kubernetes.io/name": "endpoint-test", "app.kubernetes.io/instance": "tiny"}
# Tries for some seconds: the rules for a pod that is new come a moment after it.
CONNECT = """
import socket, sys, time
for attempt in range(8):
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1)
        sys.exit()
    except OSError as error:
        said = error
        time.sleep(0.5)
sys.exit(f"Error: {said}")
"""
SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def visit(namespace, name, labels, host, port):
    """Run a pod that opens a connection; return whether it could."""
    container = {
        "name": "visitor",
        "image": image_on_node("serving"),
        "command": ["python", "-c", CONNECT, host, str(port)],
        "securityContext": SECURITY,
    }
    spec = {"containers": [container], "restartPolicy": "Never"}
    apply(
        [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}],
        namespace,
    )
    wait_until(
        lambda: get("pod", name, namespace)["status"]["phase"] in {"Succeeded", "Failed"}, every_seconds=0.5
    )
    return get("pod", name, namespace)["status"]["phase"] == "Succeeded"


@pytest.fixture
def server(endpoint, volume):
    endpoint.upgrade(on_volume("v1", volume["v1"].digest))
    return endpoint


def test_only_those_who_may_reach_the_server(server):
    (pod,) = server.pods
    address = pod["status"]["podIP"]

    assert visit(server.namespace, "tester", ALLOWED, address, 8080)
    assert not visit(server.namespace, "stranger", {"app": "stranger"}, address, 8080)
    assert not visit(server.namespace, "stranger-of-grpc", {"app": "stranger"}, address, 8081)


def test_the_server_reaches_names_but_not_the_cluster(server):
    (pod,) = server.pods

    def reach(host, port):
        inside = ("exec", pod["metadata"]["name"], "--namespace", server.namespace, "--")
        kubectl(*inside, "python", "-c", CONNECT, host, str(port))

    reach("kube-dns.kube-system.svc", 53)
    for host, port in (("kubernetes.default.svc", 443), ("prometheus.monitoring.svc", 9090)):
        with pytest.raises(CommandError, match="Error: .*(refused|timed out|unreachable|permitted)"):
            reach(host, port)


def test_a_pod_that_is_not_restricted_is_refused(namespace):
    container = {"name": "root", "image": image_on_node("serving"), "securityContext": {"runAsUser": 0}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": {"containers": [container]}}
    with pytest.raises(CommandError, match='violates PodSecurity "restricted'):
        apply([pod], namespace)
