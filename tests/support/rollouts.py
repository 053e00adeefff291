"""Objects of an endpoint in a namespace, as a cluster shows them: a Deployment, its ReplicaSets and pods."""

from __future__ import annotations

from typing import Any

from slipway.deployment.facts import DIGEST, MODEL, VERSION
from tests.support.kubernetes_api import KubernetesApi, Object

NAMESPACE = "slipway-dev"
DIGESTS = {"1": "sha256:" + "1" * 64, "2": "sha256:" + "2" * 64}
_CORE, _APPS = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/apps/v1/namespaces/{NAMESPACE}"
_SERVING = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
_ROUTES = f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/httproutes"


def annotations(version: str) -> dict[str, str]:
    """What the chart writes on an endpoint of `tiny`."""
    return {MODEL: "tiny", VERSION: version, DIGEST: DIGESTS[version]}


def inference_service(version: str = "1", *, ready: str = "True", name: str = "tiny", **status: Any) -> Object:
    """An InferenceService that KServe has seen."""
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": _metadata(name, generation=2, annotations=annotations(version)),
        "spec": {"predictor": {}},
        "status": {
            "url": f"http://{name}-{NAMESPACE}.example.com",
            "observedGeneration": 2,
            "conditions": [{"type": "Ready", "status": ready}],
            **status,
        },
    }


def deployment(version: str = "1", *, replicas: int = 1, updated: int = 1, available: int = 1) -> Object:
    """The Deployment that KServe makes of `tiny`."""
    return {
        "metadata": _metadata("tiny-predictor", generation=3),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "isvc.tiny-predictor"}},
            "template": {"metadata": {"annotations": annotations(version)}, "spec": {"containers": []}},
        },
        "status": {
            "observedGeneration": 3,
            "replicas": replicas,
            "updatedReplicas": updated,
            "availableReplicas": available,
        },
    }


def replica_set(revision: int = 1, *, ready: int = 0, conditions: tuple[Object, ...] = ()) -> Object:
    """One of its ReplicaSets; the revision is also the hash of its pods."""
    labels = {"app": "isvc.tiny-predictor", "pod-template-hash": str(revision)}
    return {
        "metadata": _metadata(
            f"tiny-predictor-{revision}",
            labels=labels,
            annotations={"deployment.kubernetes.io/revision": str(revision)},
            ownerReferences=[
                {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "tiny-predictor"}
            ],
        ),
        "spec": {"selector": {"matchLabels": labels}},
        "status": {"replicas": 1, "readyReplicas": ready, "conditions": list(conditions)},
    }


def pod(revision: int = 1, **status: Any) -> Object:
    """A pod of a ReplicaSet."""
    labels = {"app": "isvc.tiny-predictor", "pod-template-hash": str(revision)}
    return {
        "metadata": _metadata(f"pod-{revision}", labels=labels),
        "spec": {"containers": []},
        "status": {"phase": "Pending", **status},
    }


def container(name: str = "kserve-container", **facts: Any) -> Object:
    """The status of a container that has not started."""
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    whole = {"name": name, "image": "server:1", "imageID": "", "ready": False, "restartCount": 0, "state": waiting}
    return {**whole, **facts}


def warning(reason: str, message: str, about: str) -> Object:
    """An event about the object of that name."""
    return {
        "metadata": _metadata(f"event-{reason}"),
        "involvedObject": {"uid": about, "name": about},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }


def hold(api: KubernetesApi, service: Object | None, made: Object | None, *others: Object) -> None:
    """Serve an endpoint's objects: sets, pods and events by what they look like, and a route to it."""
    api.hold(_SERVING, *([service] if service else []))
    api.hold(_ROUTES, *([_route()] if service else []))
    api.hold(f"{_APPS}/deployments", *([made] if made else []))
    api.hold(f"{_APPS}/replicasets", *(one for one in others if "selector" in one.get("spec", {})))
    api.hold(f"{_CORE}/pods", *(one for one in others if "phase" in one.get("status", {})))
    api.hold(f"{_CORE}/events", *(one for one in others if "involvedObject" in one))


def hold_log(api: KubernetesApi, revision: int, text: str) -> None:
    """Serve the log of a pod."""
    api.say(f"{_CORE}/pods/pod-{revision}/log", {}, content_type="text/plain")
    api.sayings[f"{_CORE}/pods/pod-{revision}/log"].body = text


def _metadata(name: str, **facts: Any) -> Object:
    return {"name": name, "namespace": NAMESPACE, "uid": name, **facts}


def _route() -> Object:
    backends = [{"name": "tiny-predictor", "port": 80, "weight": 9}, {"name": "other", "port": 80}]
    return {"metadata": _metadata("tiny"), "spec": {"rules": [{"backendRefs": backends}]}}
