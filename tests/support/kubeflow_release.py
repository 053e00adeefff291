"""The chart of Kubeflow Pipelines in a namespace, and pods of the test's own beside it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.charts import FOLDER, ROOT, Object, read_yaml
from tests.support.cluster import describe, get, wait_until
from tests.support.helm import CommandError, helm, kubectl
from tests.support.node_images import node_image

TESTS = ROOT / "tests/cluster/kubeflow_pipelines"

STEP = {"workflows.argoproj.io/workflow": "a-run"}  # as Argo labels the pods of its workflows

_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@cache
def client_image() -> str:
    """An image with curl; skips where it cannot be built for the node."""
    return f"registry.local/kfp-client:{node_image('kfp-client', TESTS / 'images/client')}"


def node_values() -> Object:
    """The values with which the parts run whose images can be on the node, those built for the tests included."""
    values = read_yaml(TESTS / "node-values.yaml")
    values["client"]["image"]["tag"] = client_image().rpartition(":")[2]
    values["metadata"]["image"]["tag"] = node_image("kfp-metadata", TESTS / "images/metadata")
    return values


@dataclass(frozen=True)
class Installed:
    """A release of a chart, with the values of a file."""

    namespace: str
    values: Path
    name: str = "kfp"
    chart: Path = FOLDER / "kubeflow-pipelines"

    def helm(self, verb: str, *more: str) -> str:
        """Install or upgrade, and wait until everything is ready.

        Raises:
            CommandError: it does not become ready; has the namespace's events.
        """
        try:
            return helm(
                *(verb, self.name, self.chart, "--namespace", self.namespace),
                *("--values", self.values, *more, "--wait", "--timeout=8m"),
            )
        except CommandError as error:
            raise CommandError(f"{error}\n{describe(self.namespace)}") from error

    def image(self, kind: str, name: str) -> str:
        """The image of an object's first container."""
        return get(kind, name, self.namespace)["spec"]["template"]["spec"]["containers"][0]["image"]

    def secret(self, name: str) -> dict[str, str]:
        """The values of a Secret, as they are stored."""
        return get("secret", name, self.namespace)["data"]

    def query(self, sql: str) -> list[str]:
        """Ask MariaDB as the user that the components have; a line for each row."""
        ask = f"MYSQL_PWD=$DATABASE_PASSWORD exec mariadb -h127.0.0.1 -u$DATABASE_USER --batch -N -e '{sql}'"
        return self.exec("mysql-0", ask).splitlines()

    def exec(self, pod: str, script: str) -> str:
        """Run a script in a pod of the release."""
        return kubectl("exec", pod, "--namespace", self.namespace, "--", "sh", "-c", script)

    def run(self, image: str, script: Sequence[str], labels: dict[str, str], env: Sequence[Any] = ()) -> str:
        """Run a pod to its end and return what it wrote.

        Raises:
            CommandError: it failed; has what it wrote.
        """
        name = f"probe-{secrets.token_hex(3)}"
        container = {"name": "main", "image": image, "command": list(script), "env": list(env)}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": False,
                "containers": [{**container, "securityContext": {**_RESTRICTED, "runAsUser": 1000}}],
            },
        }
        kubectl("create", "--namespace", self.namespace, "--filename", "-", stdin=json.dumps(pod))
        try:
            wait_until(lambda: self._phase(name) in {"Succeeded", "Failed"})
            written = kubectl("logs", name, "--namespace", self.namespace)
            if self._phase(name) == "Failed":
                raise CommandError(f"pod {name} failed:\n{written}")
            return written
        finally:
            kubectl("delete", "pod", name, "--namespace", self.namespace, "--now", "--wait=false")

    def _phase(self, pod: str) -> str:
        return get("pod", pod, self.namespace)["status"]["phase"]
