"""Waiting until an endpoint serves one bundle and nothing else, with the reason shown while it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from slipway.cluster.connection import Cluster, Json
from slipway.cluster.rollout import Rollout, read_rollout, read_warnings
from slipway.cluster.trouble import Trouble, find_trouble
from slipway.deployment.facts import Facts, facts_of
from slipway.deployment.site import Site
from slipway.errors import ClusterUnreachableError, DeployError

LOOK_EVERY_SECONDS = 1.0
# Kubernetes tries again and again; after this long, a trouble that lasts is not going to end by itself.
LASTING_SECONDS = 30.0
_LOG_LINES = 20
_SLOW_CURE = "Give it time with --timeout-seconds, or read its log: kubectl logs."


@dataclass(frozen=True)
class State:
    """What one look found; `url` is empty until the endpoint is ready."""

    url: str
    ready: int
    wanted: int
    trouble: Trouble | None

    def __str__(self) -> str:
        counts = f"{self.ready} of {self.wanted} replicas ready"
        return f"{counts}: {self.trouble.what}" if self.trouble else counts


def wait_until_ready(
    site: Site, endpoint: str, facts: Facts, timeout_seconds: float, note: Callable[[str], None]
) -> str:
    """Wait until every replica serves the bundle and the InferenceService is Ready; give its URL.

    Args:
        site: the environment.
        endpoint: name of the InferenceService.
        facts: what its pods must be made for.
        timeout_seconds: bound of the wait; a trouble that lasts ends it after 30 s.
        note: is told each state; most are the same as the one before.

    Raises:
        DeployError: it is not ready in time, or will not be; says why.
        ClusterError: the cluster refuses to tell.
    """
    deadline = time.monotonic() + timeout_seconds
    lasting_since: float | None = None
    while True:
        state = _look_again(site, endpoint, facts)
        if state.url:
            return state.url
        note(str(state))
        now = time.monotonic()
        lasts = state.trouble is not None and state.trouble.is_lasting
        lasting_since = (lasting_since or now) if lasts else None
        if now > deadline or (lasting_since is not None and now - lasting_since > LASTING_SECONDS):
            raise _not_ready(endpoint, state, timeout_seconds)
        time.sleep(LOOK_EVERY_SECONDS)


def look(site: Site, endpoint: str, facts: Facts | None = None) -> State:
    """Look once whether an endpoint is ready, for these facts or for those that it states itself.

    Raises:
        ClusterError: the cluster refuses or does not answer.
    """
    service = site.inference_service(endpoint)
    if service is None:
        return State("", 0, 0, Trouble("there is no InferenceService", "Deploy it again."))
    rollout = read_rollout(site.cluster, f"{endpoint}-predictor", site.namespace)
    if rollout is None or facts_of(rollout.deployment["spec"]["template"]) != (facts or facts_of(service)):
        return State("", 0, rollout.wanted if rollout else 0, _not_taken_up(site.cluster, service))
    if _is_ready(service) and rollout.is_complete:
        return State(service["status"].get("url", ""), rollout.ready, rollout.wanted, None)
    return State("", rollout.ready, rollout.wanted, _trouble(site, rollout, service))


def _look_again(site: Site, endpoint: str, facts: Facts) -> State:
    """Look; a cluster that is away for a moment is a trouble like others."""
    try:
        return look(site, endpoint, facts)
    except ClusterUnreachableError as error:
        return State("", 0, 0, Trouble(error.failed, error.cure))


def _is_ready(service: Json) -> bool:
    status = service.get("status", {})
    seen = status.get("observedGeneration", 0) >= service["metadata"]["generation"]
    return seen and any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", ()))


def _trouble(site: Site, rollout: Rollout, service: Json) -> Trouble | None:
    read_log = partial(site.cluster.log_tail, namespace=site.namespace, lines=_LOG_LINES)
    found = find_trouble(rollout, read_log)
    return found or (_stated(service) if rollout.is_complete else None)


def _not_taken_up(cluster: Cluster, service: Json) -> Trouble | None:
    """Why KServe has made no Deployment of what the InferenceService says now."""
    warnings = read_warnings(cluster, service["metadata"]["namespace"], [service])
    if warnings:
        return Trouble(
            f"KServe cannot make it: {warnings[-1].get('message', '')}", "Correct the endpoint's values."
        )
    return _stated(service)


def _stated(service: Json) -> Trouble | None:
    for condition in service.get("status", {}).get("conditions", ()):
        if condition["status"] == "False" and condition.get("severity") != "Info" and condition.get("message"):
            return Trouble(f"{condition['type']} is false: {condition['message']}", "See what it names.")
    return None


def _not_ready(endpoint: str, state: State, timeout_seconds: float) -> DeployError:
    why = str(state)
    if state.trouble is None or not state.trouble.is_lasting:
        why = f"{why} after {timeout_seconds:.0f} s"
    cure = state.trouble.cure if state.trouble else _SLOW_CURE
    return DeployError(f"Endpoint '{endpoint}' is not ready, {why}", cure=cure)
