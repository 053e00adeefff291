"""An MLflow server in a namespace of the cluster, with a login, and a way to it from here."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tests.support.cluster import Object, apply, wait_for
from tests.support.port_forward import port_forward

PORT = 5000
SECRET = "slipway-registry"  # the name that the chart of the runtime expects
USER, PASSWORD = "reader", "a password of the test"

_AUTH = f"""[mlflow]
default_permission = MANAGE
database_uri = sqlite:////data/users.db
admin_username = {USER}
admin_password = {PASSWORD}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""
_EVERYWHERE = "0.0.0.0"  # noqa: S104 (of the pod)
_COMMAND = [
    *("mlflow", "server", "--host", _EVERYWHERE, "--port", str(PORT)),
    *("--workers", "1", "--app-name", "basic-auth"),
    *("--backend-store-uri", "sqlite:////data/mlflow.db", "--artifacts-destination", "/data/artifacts"),
    *("--serve-artifacts", "--allowed-hosts", "*"),
]
_VARIABLES = {
    "MLFLOW_AUTH_CONFIG_PATH": "/auth/auth.ini",
    "MLFLOW_FLASK_SERVER_SECRET_KEY": "of the test",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "HOME": "/data",
}
_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def start_mlflow(namespace: str, image: str) -> None:
    """Start a server, and a Secret by which the pods of an endpoint find it and log in."""
    address = f"http://mlflow.{namespace}.svc:{PORT}"
    login = {
        "MLFLOW_TRACKING_USERNAME": USER,
        "MLFLOW_TRACKING_PASSWORD": PASSWORD,
        "SLIPWAY_TRACKING_URI": address,
    }
    secrets = [_secret(SECRET, login), _secret("mlflow-auth", {"auth.ini": _AUTH})]
    apply([*secrets, _pod(image), _service()], namespace)
    wait_for("pod", "mlflow", namespace, "condition=Ready")


def forwarded(namespace: str) -> AbstractContextManager[str]:
    """Forward a port of this machine to the server; gives its address here."""
    return port_forward("mlflow", PORT, namespace)


def _pod(image: str) -> Object:
    container = {
        "name": "mlflow",
        "image": image,
        "command": _COMMAND,
        "env": [{"name": name, "value": value} for name, value in _VARIABLES.items()],
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": PORT}, "periodSeconds": 2},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "auth", "mountPath": "/auth"}],
        "securityContext": _SECURITY,
    }
    volumes = [{"name": "data", "emptyDir": {}}, {"name": "auth", "secret": {"secretName": "mlflow-auth"}}]
    metadata = {"name": "mlflow", "labels": {"app": "mlflow"}}
    spec = {"containers": [container], "volumes": volumes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _service() -> Object:
    spec = {"selector": {"app": "mlflow"}, "ports": [{"port": PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "mlflow"}, "spec": spec}


def _secret(name: str, content: dict[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}
