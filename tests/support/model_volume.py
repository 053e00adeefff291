"""A volume with models, for endpoints that read `pvc://`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.support.cluster import Object, apply, wait_for
from tests.support.helm import kubectl

CLAIM = "models"
_USER = 65532


def fill_volume(namespace: str, folders: Iterable[Path], image: str) -> None:
    """Claim a volume and copy each folder to it, under its own name."""
    apply([_claim(), _writer(image)], namespace)
    wait_for("pod", "writer", namespace, "condition=Ready")
    for folder in folders:
        kubectl("cp", "--namespace", namespace, "--no-preserve", folder, f"writer:/models/{folder.name}")
    kubectl("delete", "pod", "writer", "--namespace", namespace, "--grace-period=1")


def _claim() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": CLAIM},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}},
    }


def _writer(image: str) -> Object:
    container = {
        "name": "writer",
        "image": image,
        "command": ["sleep", "infinity"],
        "volumeMounts": [{"name": "models", "mountPath": "/models"}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "containers": [container],
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": CLAIM}}],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "writer"}, "spec": spec}


def on_volume(version: str, digest: str) -> Object:
    """Values of an endpoint that serves a folder of the volume as that version of the model 'late'."""
    return {"model": {"name": "late", "version": version, "digest": digest, "uri": f"pvc://{CLAIM}/{version}"}}
