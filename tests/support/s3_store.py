"""An S3 store in a namespace of the cluster: SeaweedFS, all its servers in one process."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.support.cluster import Object, apply, wait_for
from tests.support.helm import kubectl

SECRET = "store"
BUCKET = "models"
IMAGE = os.environ.get("SLIPWAY_TEST_SEAWEEDFS_IMAGE", "registry.local/seaweedfs:1")

_PORT = 8333
_IDENTITIES = {
    "identities": [
        {
            "name": "test",
            "credentials": [{"accessKey": "test-key", "secretKey": "test-secret"}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}
_NO_RIGHTS = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
# Uploads what lies in a folder of the pod by the store's own shell.
_UPLOAD = "echo 's3.bucket.create -name {bucket}' | weed shell; weed filer.copy {folder} http://localhost:8888/buckets/{bucket}/"


def start_store(namespace: str) -> None:
    """Start a store with an empty bucket, and a Secret by which KServe finds it."""
    apply([_config(), _credentials(namespace), _pod(), _service()], namespace)
    wait_for("pod", "store", namespace, "condition=Ready")


def upload(namespace: str, folder: Path) -> None:
    """Put a folder into the bucket, under its own name."""
    kubectl("cp", "--namespace", namespace, "--no-preserve", folder, f"store:/data/{folder.name}")
    script = _UPLOAD.format(bucket=BUCKET, folder=f"/data/{folder.name}")
    kubectl("exec", "store", "--namespace", namespace, "--", "sh", "-c", script)


def _config() -> Object:
    data = {"s3.json": json.dumps(_IDENTITIES)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "store"}, "data": data}


def _credentials(namespace: str) -> Object:
    facts = {"s3-endpoint": f"store.{namespace}.svc:{_PORT}", "s3-usehttps": "0", "s3-region": "us-east-1"}
    annotations = {f"serving.kserve.io/{key}": fact for key, fact in facts.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "annotations": annotations},
        "stringData": {"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "test-secret"},
    }


def _pod() -> Object:
    container = {
        "name": "store",
        "image": IMAGE,
        "args": [
            "server",
            "-dir=/data",
            "-volume.max=5",
            "-s3",
            f"-s3.port={_PORT}",
            "-s3.config=/config/s3.json",
        ],
        "ports": [{"containerPort": _PORT}],
        "readinessProbe": {"tcpSocket": {"port": _PORT}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "config", "mountPath": "/config"}],
        "securityContext": _NO_RIGHTS,
    }
    volumes = [{"name": "data", "emptyDir": {}}, {"name": "config", "configMap": {"name": "store"}}]
    metadata = {"name": "store", "labels": {"app": "store"}}
    spec = {"containers": [container], "volumes": volumes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _service() -> Object:
    spec = {"selector": {"app": "store"}, "ports": [{"port": _PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "store"}, "spec": spec}
