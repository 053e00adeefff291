"""The room on the nodes: what they can give, less what their pods ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from slipway.cluster import kinds
from slipway.cluster.connection import EVERYWHERE, Cluster, Json
from slipway.cluster.quantities import amount


@dataclass(frozen=True)
class Room:
    """What is free on a node."""

    node: str
    cpu_cores: float
    memory_bytes: float
    pods: int

    def takes(self, cpu_cores: float, memory_bytes: float) -> bool:
        """Tell whether one more pod that asks for this much has room."""
        return self.pods > 0 and self.cpu_cores >= cpu_cores and self.memory_bytes >= memory_bytes

    def __str__(self) -> str:
        return f"{self.node}: {self.cpu_cores:.1f} cores, {self.memory_bytes / 2**30:.1f} GiB, {self.pods} pods"


def read_room(cluster: Cluster) -> list[Room]:
    """Measure each node that takes new pods, the one with most free cores first.

    Raises:
        ClusterError: the cluster refuses or does not answer.
    """
    pods: dict[str, list[Json]] = defaultdict(list)
    for pod in cluster.list(kinds.Pod, EVERYWHERE):
        if pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}:
            pods[pod["spec"].get("nodeName", "")].append(pod)
    nodes = [node for node in cluster.list(kinds.Node) if not node["spec"].get("unschedulable")]
    rooms = [_room(node, pods[node["metadata"]["name"]]) for node in nodes]
    return sorted(rooms, key=lambda room: -room.cpu_cores)


def _room(node: Json, pods: Iterable[Json]) -> Room:
    specs = [pod["spec"] for pod in pods]
    gives = node["status"]["allocatable"]
    return Room(
        node=node["metadata"]["name"],
        cpu_cores=amount(gives["cpu"]) - sum(asked(spec, "cpu") for spec in specs),
        memory_bytes=amount(gives["memory"]) - sum(asked(spec, "memory") for spec in specs),
        pods=int(gives["pods"]) - len(specs),
    )


def asked(spec: Json, resource: str) -> float:
    """Sum up what a pod asks for: its containers together, or its greediest init container if that is more.

    Source: Kubernetes, "Init Containers", "Resource sharing within containers". An init container that
    is restarted always runs beside the others and counts with them.
    """
    inits = spec.get("initContainers", [])
    beside = [one for one in inits if one.get("restartPolicy") == "Always"]
    together = sum(_request(one, resource) for one in [*spec["containers"], *beside])
    greediest = max((_request(one, resource) for one in inits), default=0.0)
    return max(together, greediest) + amount(spec.get("overhead", {}).get(resource, 0))


def _request(container: Json, resource: str) -> float:
    return amount(container.get("resources", {}).get("requests", {}).get(resource, 0))
