"""What the cluster itself offers: its version, volumes, gateway and measurements, and what one may do."""

from __future__ import annotations

import re
import urllib.error

from slipway.cli.cluster_checks import CONNECTION, cluster_check
from slipway.cli.doctor_checks import Finding, fail, ok, warn
from slipway.cluster import kinds
from slipway.cluster.connection import EVERYWHERE, Json
from slipway.cluster.permissions import denied
from slipway.deployment.rights import RIGHTS
from slipway.deployment.site import Site
from slipway.endpoint.address import opener

LEAST_MINOR = 32  # of KServe; source: its documentation, "Kubernetes Deployment Installation"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_TIMEOUT_SECONDS = 10.0


@cluster_check(CONNECTION)
def check_connection(site: Site) -> Finding:
    """Ask the API server of the environment's context for its version."""
    version = site.cluster.read_path("/version") or {}
    name = version.get("gitVersion", "no version")
    detail = f"Kubernetes {name} at {site.cluster.address} (context {site.cluster.context})"
    minor = re.match(r"\d+", str(version.get("minor", "")))
    if minor and int(minor[0]) >= LEAST_MINOR:
        return ok(detail)
    return warn(detail, f"Upgrade it: KServe asks for Kubernetes 1.{LEAST_MINOR} or later.")


@cluster_check("permissions")
def check_permissions(site: Site) -> Finding:
    """Ask for each right that deploying needs in the environment's namespace."""
    missing = denied(site.cluster, site.namespace, RIGHTS)
    if not missing:
        return ok(f"all {len(RIGHTS)} rights that deploying needs in '{site.namespace}'")
    shown = ", ".join(str(one) for one in missing)
    cure = "Have them granted by a Role in that namespace; 'get namespaces' needs a ClusterRole."
    return fail(f"in '{site.namespace}' these are not granted: {shown}", cure)


@cluster_check("namespace")
def check_namespace(site: Site) -> Finding:
    """Look for the environment's namespace, and for a quota of it that is used up."""
    if site.cluster.get(kinds.Namespace, site.namespace) is None:
        return warn(f"'{site.namespace}' is not there", "Nothing to do: 'slipway deploy' makes it if it may.")
    full = [text for quota in site.cluster.list(kinds.ResourceQuota, site.namespace) for text in _used_up(quota)]
    if full:
        return warn(f"used up in '{site.namespace}': {', '.join(full)}", "Have the ResourceQuota raised.")
    return ok(f"'{site.namespace}' is there")


@cluster_check("storage class")
def check_storage_class(site: Site) -> Finding:
    """Look for the one default StorageClass, which databases and stores take their volumes from."""
    classes = site.cluster.list(kinds.StorageClass)
    default = [
        one["metadata"]["name"]
        for one in classes
        if (one["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    ]
    if len(default) == 1:
        return ok(f"'{default[0]}' is the default")
    found = f"{len(default)} of {len(classes)} are the default"
    return warn(found, f"Annotate one with {_DEFAULT_CLASS}=true: volumes that name no class stay pending.")


@cluster_check("gateway")
def check_gateway(site: Site) -> Finding:
    """Look whether a Gateway is programmed: one that listens."""
    gateways = site.cluster.list(kinds.Gateway, EVERYWHERE)
    names = [_name(one) for one in gateways if _condition(one, "Programmed") == "True"]
    if names:
        return ok(f"{', '.join(names)} programmed")
    if not gateways:
        return fail("there is none", "Make the Gateway that KServe's configuration names: kserveIngressGateway.")
    return fail(
        f"{', '.join(map(_name, gateways))} not programmed", "See its conditions: kubectl describe gateway."
    )


@cluster_check("gateway address")
def check_gateway_address(site: Site) -> Finding:
    """Ask the environment's gateway for anything; whatever answers, answers."""
    url = site.environment.gateway
    if not url:
        return ok("not set: endpoints are asked at their own hosts")
    try:
        opener(url).open(url, timeout=_TIMEOUT_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError as error:
        cure = "Correct 'gateway' in the environment's file, or open a way to it: kubectl port-forward."
        return fail(f"{url} does not answer: {getattr(error, 'reason', error)}", cure)
    return ok(f"{url} answers")


@cluster_check("measurements")
def check_measurements(site: Site) -> Finding:
    """Ask the metrics API for the nodes' use, by which replicas follow the CPU."""
    path = "/apis/metrics.k8s.io/v1beta1/nodes"
    measured = (site.cluster.read_path(path) or {}).get("items", [])
    if measured:
        return ok(f"of {len(measured)} nodes")
    return warn("there are none", "Install metrics-server: without it endpoints do not follow the CPU.")


def _used_up(quota: Json) -> list[str]:
    status = quota.get("status", {})
    used = status.get("used", {})
    return [f"{name} {limit}" for name, limit in status.get("hard", {}).items() if used.get(name) == limit]


def _condition(thing: Json, kind: str) -> str:
    conditions = thing.get("status", {}).get("conditions", ())
    return next((str(one["status"]) for one in conditions if one["type"] == kind), "")


def _name(thing: Json) -> str:
    return f"{thing['metadata']['namespace']}/{thing['metadata']['name']}"
