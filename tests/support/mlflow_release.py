"""The chart of MLflow, installed on the cluster of KUBECONFIG."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.settings import Settings
from tests.support.charts import FOLDER, ROOT
from tests.support.cluster import apply, find, get, kill_pods, wait_until
from tests.support.helm import helm, kubectl
from tests.support.node_images import image_on_node, image_values

NAME = "mlflow"
CHART = FOLDER / NAME
VALUES = ROOT / "tests/cluster/mlflow/node-values.yaml"
USERS = {"pipelines": "pipelines-password", "reader": "reader-password"}
_TIMEOUT = "--timeout=6m"


@dataclass(frozen=True)
class Release:
    """One release, named `mlflow`, in a namespace of its own."""

    namespace: str

    def install(self, *options: str) -> None:
        """Install or upgrade it, and wait until it answers."""
        command = ["upgrade", "--install", NAME, CHART, "--namespace", self.namespace, "--values", VALUES]
        helm(*command, "--wait", _TIMEOUT, *image_options(), *options)

    def roll_back(self) -> None:
        """Go back to the revision before."""
        helm("rollback", NAME, "--namespace", self.namespace, "--wait", _TIMEOUT)

    def uninstall(self) -> None:
        """Remove it, and wait until its objects are gone."""
        helm("uninstall", NAME, "--namespace", self.namespace, "--wait", _TIMEOUT)

    def admin(self) -> dict[str, str]:
        """The variables that make a client the administrator."""
        secret = get("secret", f"{NAME}-made", self.namespace)
        password = base64.b64decode(secret["data"]["admin-password"]).decode()
        return {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": password}

    def kill(self, component: str) -> None:
        """End a component's pods as a crash of their node does."""
        kill_pods(self.namespace, f"app.kubernetes.io/component={component}")

    def wait_until_ready(self, component: str) -> None:
        """Wait until every pod of a component is ready again."""
        selector = f"app.kubernetes.io/component={component}"
        wait_until(lambda: _all_ready(find("pods", self.namespace, selector)), 300)

    def sql(self, statement: str) -> str:
        """Run a statement in the bundled PostgreSQL."""
        tool = "PGPASSWORD=$POSTGRES_PASSWORD psql --host=127.0.0.1 --username=mlflow --no-align --tuples-only"
        command = ["sh", "-c", f'{tool} --command="$0"', statement]
        return kubectl("exec", f"{NAME}-postgresql-0", "--namespace", self.namespace, "--", *command).strip()

    def run_job(self, cronjob: str, name: str) -> tuple[bool, str]:
        """Run one of the chart's CronJobs now; gives whether it succeeded, and the logs of all its steps."""
        kubectl("create", "job", f"--from=cronjob/{NAME}-{cronjob}", name, "--namespace", self.namespace)
        wait_until(lambda: bool(_outcome(get("job", name, self.namespace))), 300)
        logs = kubectl("logs", f"job/{name}", "--namespace", self.namespace, "--all-containers", "--ignore-errors")
        return _outcome(get("job", name, self.namespace)) == "Complete", logs

    def run_python(
        self, name: str, code: str, labels: Mapping[str, str] | None = None, claim: str = ""
    ) -> tuple[bool, str]:
        """Run Python in a pod; gives whether it succeeded, and its log. A claim is mounted as /claim."""
        apply([_pod(name, code, dict(labels or {}), claim)], self.namespace)
        phase = lambda: get("pod", name, self.namespace)["status"]["phase"]  # noqa: E731
        wait_until(lambda: phase() in {"Succeeded", "Failed"}, 120)
        return phase() == "Succeeded", kubectl("logs", name, "--namespace", self.namespace)


def image_options() -> list[str]:
    """The checkout's own server, as options of Helm."""
    image = image_values(image_on_node(NAME))
    return [f"--set-string=image.{key}={value}" for key, value in image.items()]


def client_settings(url: str, home: Path, experiment: str = "slipway") -> Settings:
    """Settings of a client of the release."""
    return Settings(home=home, tracking_uri=url, experiment=experiment, tracking_timeout_seconds=30)


def _outcome(job: dict) -> str:
    held = [one["type"] for one in job["status"].get("conditions", []) if one["status"] == "True"]
    return next((one for one in held if one in {"Complete", "Failed"}), "")


def _all_ready(pods: list[dict]) -> bool:
    ready = [
        any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
    ]
    return bool(ready) and all(ready)


def _pod(name: str, code: str, labels: dict[str, str], claim: str) -> dict:
    volumes = [{"name": "claim", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
    container = {
        "name": "python",
        "image": image_on_node("mlflow"),
        "command": ["python", "-c", code],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "claim", "mountPath": "/claim"}] if claim else [],
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": volumes,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
