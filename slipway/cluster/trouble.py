"""Why the pods of a Deployment do not become ready: one small function a cause, registered by decorator.

Source of the reasons: Kubernetes, "Debug Pods" and "Pod Lifecycle".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slipway.cluster.connection import Json
from slipway.cluster.log_lines import spoken
from slipway.cluster.rollout import Rollout

LOG_LINES = 3
ReadLog = Callable[[str, str], Sequence[str]]


@dataclass(frozen=True)
class Trouble:
    """What is in the way, and what to do; a lasting one stays until somebody changes something."""

    what: str
    cure: str
    is_lasting: bool = False


Finder = Callable[[Rollout, ReadLog], Trouble | None]
_FINDERS: list[Finder] = []


def finder(function: Finder) -> Finder:
    """Register a function that looks for one cause; those registered first are asked first."""
    _FINDERS.append(function)
    return function


def find_trouble(rollout: Rollout, read_log: ReadLog) -> Trouble | None:
    """Name the first cause that is found; None while the pods may just need time.

    Args:
        rollout: the state to look at.
        read_log: gives the last lines of a pod's container.
    """
    return next((found for look in _FINDERS if (found := look(rollout, read_log))), None)


@finder
def _refused_pods(rollout: Rollout, _: ReadLog) -> Trouble | None:
    """Find pods that the API refuses to create: quota, Pod Security, a limit range, a missing service account."""
    for condition in _conditions(rollout.newest):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            message = condition.get("message", "")
            cure = next((text for sign, text in _REFUSALS.items() if sign in message), _REFUSAL_CURE)
            return Trouble(f"no pod is created: {message}", cure, is_lasting=True)
    return None


@finder
def _unschedulable(rollout: Rollout, _: ReadLog) -> Trouble | None:
    """Find a pod that no node takes."""
    for pod in rollout.pods:
        for condition in _conditions(pod):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                cure = "Ask for less, or add a node: 'slipway doctor --cluster' shows the room there is."
                return Trouble(f"no node takes the pod: {condition.get('message', '')}", cure)
    return None


@finder
def _no_image(rollout: Rollout, _: ReadLog) -> Trouble | None:
    """Find an image that a node cannot pull."""
    for _pod, status in _containers(rollout):
        waiting = status.get("state", {}).get("waiting", {})
        if waiting.get("reason") in _IMAGE_REASONS:
            image, message = status["image"], waiting.get("message") or waiting["reason"]
            cure = f"Push '{image}' where the nodes pull from, or correct the endpoint's 'image'."
            is_lasting = waiting["reason"] != "ErrImagePull"  # the first failure may be a hiccup
            return Trouble(f"image '{image}' cannot be pulled: {message}", cure, is_lasting)
    return None


@finder
def _no_container(rollout: Rollout, _: ReadLog) -> Trouble | None:
    """Find a container that cannot be made: a Secret or ConfigMap that is missing, a user that is not allowed."""
    for _pod, status in _containers(rollout):
        waiting = status.get("state", {}).get("waiting", {})
        if waiting.get("reason") in {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}:
            what = f"container '{status['name']}' cannot be made: {waiting.get('message', '')}"
            return Trouble(what, "Create what it names, or correct the endpoint's values.", is_lasting=True)
    return None


@finder
def _ended_container(rollout: Rollout, read_log: ReadLog) -> Trouble | None:
    """Find a container that ends though it should run, or an init container that ends with an error."""
    for pod, status in _containers(rollout):
        ended = _end(status)
        if ended is None:
            continue
        lines = str(ended.get("message") or "").splitlines() or read_log(pod["metadata"]["name"], status["name"])
        said = " | ".join(spoken(lines)[-LOG_LINES:])
        how = "is out of memory" if ended.get("reason") == "OOMKilled" else f"exits with {ended['exitCode']}"
        what = f"container '{status['name']}' {how}" + (f", and said last: {said}" if said else "")
        cure = _MEMORY_CURE if "memory" in how else f"See all it said: {_log_command(pod, status)}"
        return Trouble(what, cure, is_lasting=status.get("restartCount", 0) > 0)
    return None


@finder
def _not_mounted(rollout: Rollout, _: ReadLog) -> Trouble | None:
    """Find a volume that cannot be mounted."""
    return _from_warning(rollout, ("FailedMount", "FailedAttachVolume"), "a volume cannot be mounted", _MOUNT_CURE)


@finder
def _probe_fails(rollout: Rollout, _: ReadLog) -> Trouble | None:
    """Find a container that runs and whose probe fails."""
    return _from_warning(rollout, ("Unhealthy",), "the pod runs and is not ready", _PROBE_CURE)


_QUOTA_CURE = "Ask for less, remove what is not needed, or have the namespace's ResourceQuota raised."
_SECURITY_CURE = "Give the container the securityContext that the namespace's Pod Security level asks for."
_REFUSAL_CURE = "Correct the endpoint's values by what the message says."
_REFUSALS = {"exceeded quota": _QUOTA_CURE, "failed quota": _QUOTA_CURE, "violates PodSecurity": _SECURITY_CURE}
_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_MEMORY_CURE = "Raise resources.limits.memory of the endpoint."
_MOUNT_CURE = "Create what it names, or correct the endpoint's values."
_PROBE_CURE = "Give it time with --timeout-seconds if it loads a large model; else read its log."


def _conditions(thing: Json | None) -> list[Json]:
    return list((thing or {}).get("status", {}).get("conditions", ()))


def _containers(rollout: Rollout) -> Iterator[tuple[Json, Json]]:
    """Every pod with each status of its containers, init containers first."""
    for pod in rollout.pods:
        for kind in ("initContainerStatuses", "containerStatuses"):
            for status in pod.get("status", {}).get(kind, ()):
                yield pod, status


def _end(status: Json) -> Json | None:
    """How a container that is not ready ended last; None if it runs its first life or ended well."""
    state = status.get("state", {})
    last: Json | None = state.get("terminated") or status.get("lastState", {}).get("terminated")
    if last is None or status.get("ready") or (last["exitCode"] == 0 and "terminated" in state):
        return None
    return last


def _from_warning(rollout: Rollout, reasons: tuple[str, ...], what: str, cure: str) -> Trouble | None:
    waiting = {pod["metadata"]["uid"] for pod in rollout.pods if not _is_ready(pod)}
    for event in reversed(rollout.warnings):
        if event.get("reason") in reasons and event["involvedObject"].get("uid") in waiting:
            return Trouble(f"{what}: {event.get('message', '')}", cure)
    return None


def _is_ready(pod: Json) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in _conditions(pod))


def _log_command(pod: Json, status: Json) -> str:
    place = pod["metadata"]
    return f"kubectl -n {place['namespace']} logs {place['name']} -c {status['name']}"
