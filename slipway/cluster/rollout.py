"""How far a Deployment is with what it was told last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slipway.cluster import kinds
from slipway.cluster.connection import Cluster, Json

_REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Rollout:
    """A Deployment with its newest ReplicaSet, the pods of that one, and the warnings about them all."""

    deployment: Json
    newest: Json | None
    pods: tuple[Json, ...]
    warnings: tuple[Json, ...]

    @property
    def wanted(self) -> int:
        """How many replicas there should be."""
        return int(self.deployment["spec"].get("replicas", 1))

    @property
    def ready(self) -> int:
        """How many of the newest replicas answer their readiness probe."""
        return int(self.newest["status"].get("readyReplicas", 0)) if self.newest else 0

    @property
    def is_complete(self) -> bool:
        """All replicas are new and available, and no old one is left.

        Source: Kubernetes, "Deployments", "Complete Deployment".
        """
        status = self.deployment.get("status", {})
        seen = status.get("observedGeneration", 0) >= self.deployment["metadata"]["generation"]
        counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        return seen and counts == [self.wanted] * 3


def read_rollout(cluster: Cluster, name: str, namespace: str) -> Rollout | None:
    """Read a Deployment's state; None where there is none.

    Raises:
        ClusterError: the cluster refuses or does not answer.
    """
    deployment = cluster.get(kinds.Deployment, name, namespace)
    if deployment is None:
        return None
    selector = deployment["spec"]["selector"]["matchLabels"]
    newest = _newest(cluster.list(kinds.ReplicaSet, namespace, selector), deployment)
    pods = [] if newest is None else cluster.list(kinds.Pod, namespace, _labels_of_pods(newest))
    pods = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    concerned = [deployment, *pods, *([newest] if newest else [])]
    return Rollout(deployment, newest, tuple(pods), tuple(read_warnings(cluster, namespace, concerned)))


def read_warnings(cluster: Cluster, namespace: str, things: Iterable[Json]) -> list[Json]:
    """Read the warning events about some objects, oldest first."""
    wanted = {thing["metadata"]["uid"] for thing in things}
    events = cluster.list(kinds.Event, namespace, fields={"type": "Warning"})
    found = [event for event in events if event["involvedObject"].get("uid") in wanted]
    return sorted(found, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")


def _newest(replica_sets: Iterable[Json], deployment: Json) -> Json | None:
    owner = deployment["metadata"]["uid"]
    owned = [
        one
        for one in replica_sets
        if any(reference["uid"] == owner for reference in one["metadata"].get("ownerReferences", ()))
    ]
    return max(owned, key=_revision, default=None)


def _revision(replica_set: Json) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(_REVISION, 0))


def _labels_of_pods(replica_set: Json) -> dict[str, str]:
    labels: dict[str, str] = replica_set["spec"]["selector"]["matchLabels"]
    return labels
