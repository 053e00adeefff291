"""Why a pod does not start: the reasons that Kubernetes gives, and what to do about each.

Argo writes a pending pod's reason into its node's message, as in `ImagePullBackOff: Back-off pulling
image "..."` or `Unschedulable: 0/3 nodes are available` (getPendingReason in its controller).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from slipway.cli.kubeflow.steps import StepView
from slipway.errors import KubeflowError

_IMAGE = (
    "Is the image built and pushed ('slipway images list'), SLIPWAY_IMAGE_PREFIX the registry that the cluster "
    "pulls from, and its credentials in 'image_pull_secrets' of infra/environments/ENV/steps.yaml?"
)
_CONFIG = "Create what it names in the runs' namespace, or correct infra/environments/ENV/steps.yaml."
_ROOM = (
    "Wait for room, or ask for less in infra/environments/ENV/steps.yaml: resources, GPU, node selector, "
    "tolerations."
)


@dataclass(frozen=True)
class Reason:
    """A reason by the word that the message begins with; `is_hopeless` says that waiting does not help."""

    word: str
    cure: str
    is_hopeless: bool = False


REASONS = {
    reason.word: reason
    for reason in (
        Reason("ImagePullBackOff", _IMAGE, is_hopeless=True),
        Reason("ErrImageNeverPull", _IMAGE, is_hopeless=True),
        Reason("InvalidImageName", _IMAGE, is_hopeless=True),
        Reason("ErrImagePull", _IMAGE),
        Reason("CreateContainerConfigError", _CONFIG, is_hopeless=True),
        Reason("Unschedulable", _ROOM),
    )
}


class Waits:
    """The steps of a run that wait; says each reason once, and ends a hopeless wait."""

    def __init__(self, stuck_seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stuck_seconds = stuck_seconds
        self._clock = clock
        self._since: dict[str, float] = {}
        self._said: set[tuple[str, str]] = set()

    def look(self, step: StepView, name: str) -> str:
        """Return a remark about a step that waits, by the name that people see, when there is a new one.

        Raises:
            KubeflowError: it waits for what does not come, and has done so for longer than a node takes
                to pull what is there.
        """
        reason = _reason(step)
        if reason is None or step.pod is None:
            self._since.pop(step.key, None)
            return ""
        waits_since = self._since.setdefault(step.key, self._clock())
        if reason.is_hopeless and self._clock() - waits_since >= self._stuck_seconds:
            raise KubeflowError(f"Step '{name}' cannot start: {step.pod.message}", cure=reason.cure)
        if (step.key, reason.word) in self._said:
            return ""
        self._said.add((step.key, reason.word))
        return f"{name} waits: {step.pod.message}"


def _reason(step: StepView) -> Reason | None:
    if step.pod is None or step.pod.phase != "Pending":
        return None
    return REASONS.get(step.pod.message.partition(":")[0].strip())
