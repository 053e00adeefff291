"""Removing an endpoint, until nothing of it is left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import yaml

from slipway.cluster import kinds
from slipway.deployment.endpoints import NAME_LABEL, list_endpoints
from slipway.deployment.site import Site
from slipway.errors import DeployError, UsageError

_LOOK_EVERY_SECONDS = 1.0


def removable(endpoint: str, site: Site) -> dict[str, int]:
    """Count the objects of each kind that an endpoint's release brought.

    Raises:
        UsageError: there is no such endpoint, or it came from elsewhere; lists those there are.
        ClusterError: the cluster or Helm cannot be asked.
    """
    if not site.helm.exists(endpoint):
        names = [one.name for one in list_endpoints(site)]
        if endpoint in names:
            raise UsageError(
                f"Endpoint '{endpoint}' was not made by 'slipway deploy'",
                cure="Remove it where it came from: Argo CD removes what leaves 'infra/environments'.",
            )
        raise UsageError(
            f"There is no endpoint '{endpoint}' in '{site.name}'",
            expected=f"one of: {', '.join(names) or 'none'}",
            cure="'slipway endpoints' lists them.",
        )
    manifest = yaml.safe_load_all(site.helm.manifest(endpoint))
    return dict(Counter(thing["kind"] for thing in manifest if thing))


def undeploy(endpoint: str, site: Site, timeout_seconds: float, note: Callable[[str], None]) -> None:
    """Remove an endpoint and wait until its pods are gone.

    Args:
        endpoint: its name.
        site: the environment.
        timeout_seconds: bound of the wait.
        note: is told what is still there.

    Raises:
        DeployError: something of it stays; names it.
        ClusterError: the cluster or Helm refuses.
    """
    deadline = time.monotonic() + timeout_seconds
    site.helm.uninstall(endpoint)
    while left := _left(endpoint, site):
        if time.monotonic() > deadline:
            raise DeployError(
                f"Not all of endpoint '{endpoint}' is gone after {timeout_seconds:.0f} s: {left}",
                cure=f"See what holds it: kubectl -n {site.namespace} describe {left.partition(',')[0]}.",
            )
        note(f"still there: {left}")
        time.sleep(_LOOK_EVERY_SECONDS)


def _left(endpoint: str, site: Site) -> str:
    labels = {NAME_LABEL: endpoint}
    found = [
        f"{kind.__name__.lower()}/{thing['metadata']['name']}"
        for kind in (kinds.Deployment, kinds.Pod)
        for thing in site.cluster.list(kind, site.namespace, labels)
    ]
    service = site.inference_service(endpoint)
    return ", ".join(found + ([f"inferenceservice/{endpoint}"] if service else []))
