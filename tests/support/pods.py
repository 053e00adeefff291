"""The pods that a rendered chart makes, also those that a controller of somebody else makes from its objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

# Kinds that run until they are told to stop; the others run to their end.
LASTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ClusterServingRuntime", "ServingRuntime"})


@dataclass(frozen=True)
class Pods:
    """The pods of one object; `labels` is None where only the cluster knows them."""

    owner: Object
    labels: dict[str, str] | None
    spec: Object

    def __str__(self) -> str:
        return f"{self.owner['kind']} {self.owner['metadata']['name']}"

    @property
    def is_lasting(self) -> bool:
        """True unless the pods run to their end."""
        return self.owner["kind"] in LASTING

    @property
    def is_test(self) -> bool:
        """True for a test of `helm test`."""
        return "test" in annotations(self.owner).get("helm.sh/hook", "").split(",")

    @property
    def containers(self) -> list[Object]:
        """Those that run, after those that prepare."""
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


def annotations(owner: Object) -> dict[str, str]:
    """The annotations of an object; none where it has none."""
    return owner["metadata"].get("annotations") or {}


def pods_of(owner: Object) -> Iterator[Pods]:
    """The pods that an object leads to: none for most kinds."""
    if find := _FINDERS.get(owner["kind"]):
        labels, spec = find(owner)
        yield Pods(owner, labels, spec)


def _template(owner: Object) -> tuple[dict[str, str] | None, Object]:
    template = owner["spec"]["template"]
    return template["metadata"].get("labels", {}), template["spec"]


def _scheduled(owner: Object) -> tuple[dict[str, str] | None, Object]:
    return _template(owner["spec"]["jobTemplate"])


def _pod(owner: Object) -> tuple[dict[str, str] | None, Object]:
    return owner["metadata"].get("labels", {}), owner["spec"]


def _runtime(owner: Object) -> tuple[dict[str, str] | None, Object]:
    """KServe makes the pods of an InferenceService from a runtime's containers."""
    return None, owner["spec"]


def _storage(owner: Object) -> tuple[dict[str, str] | None, Object]:
    """KServe makes the init container of an InferenceService from it, and says which user runs it."""
    return None, {"initContainers": [owner["spec"]["container"]]}


def _endpoint(owner: Object) -> tuple[dict[str, str] | None, Object]:
    """KServe labels the pods of an InferenceService with its name."""
    name = owner["metadata"]["name"]
    labels = {
        "serving.kserve.io/inferenceservice": name,
        "app": f"isvc.{name}-predictor",
        "component": "predictor",
    }
    return {**owner["metadata"].get("labels", {}), **labels}, owner["spec"]["predictor"]


_FINDERS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "Job"), _template),
    "CronJob": _scheduled,
    "Pod": _pod,
    **dict.fromkeys(("ClusterServingRuntime", "ServingRuntime"), _runtime),
    "ClusterStorageContainer": _storage,
    "InferenceService": _endpoint,
}
