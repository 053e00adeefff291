"""A registry in a pod: a real MLflow server with SQLite and a folder, as long as a test lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.cluster import Object, apply, wait_for
from tests.support.helm import kubectl
from tests.support.node_images import image_on_node
from tests.support.port_forward import port_forward

ANY = "0.0.0.0"  # noqa: S104 (inside a pod)
_PORT = 5000
_LEAN = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "HOME": "/data"}
_COMMAND = (
    *("mlflow", "server", "--host", ANY, "--port", str(_PORT), "--workers", "1", "--allowed-hosts", "*"),
    *("--backend-store-uri", "sqlite:////data/registry.db"),
    *("--artifacts-destination", "/data/artifacts", "--serve-artifacts"),
)
_CHANGE = """
import pathlib, sys
text = sys.stdin.read()
for path in pathlib.Path("/data/artifacts").rglob("bundle/" + sys.argv[1]):
    if path.read_text() == text:
        path.write_text(text + "changed")
        print(path)
"""


@dataclass(frozen=True)
class PodRegistry:
    """Where the registry is reached, from here and from the cluster's pods."""

    uri: str
    inner_uri: str
    namespace: str

    def change_file(self, name: str, text: str) -> None:
        """Change the one file of a bundle of that name and content behind the registry's back."""
        place = ("exec", "--stdin", "registry", "--namespace", self.namespace)
        changed = kubectl(*place, "--", "python", "-c", _CHANGE, name, stdin=text).split()
        assert len(changed) == 1, changed


@contextmanager
def registry_in_pod(namespace: str) -> Iterator[PodRegistry]:
    """Start it in a namespace that somebody else removes; skips the test where its image cannot be had."""
    apply([_pod(image_on_node("mlflow")), _service()], namespace)
    wait_for("pod", "registry", namespace, "condition=Ready")
    with port_forward("registry", _PORT, namespace) as uri:
        yield PodRegistry(uri, f"http://registry.{namespace}.svc:{_PORT}", namespace)


def _pod(image: str) -> Object:
    container = {
        "name": "registry",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(_COMMAND),
        "env": [{"name": name, "value": value} for name, value in _LEAN.items()],
        "readinessProbe": {"httpGet": {"path": "/health", "port": _PORT}, "periodSeconds": 2},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "data", "mountPath": "/tmp"}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "fsGroup": 65532}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "registry", "labels": {"app": "registry"}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "data", "emptyDir": {}}],
            "securityContext": {**security, "seccompProfile": {"type": "RuntimeDefault"}},
        },
    }


def _service() -> Object:
    ports = [{"port": _PORT, "targetPort": _PORT}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "registry"},
        "spec": {"selector": {"app": "registry"}, "ports": ports},
    }
