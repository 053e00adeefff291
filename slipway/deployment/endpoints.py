"""The endpoints of an environment: what each serves, how many replicas, and why one does not."""

from __future__ import annotations

from slipway.cluster import kinds
from slipway.cluster.connection import Json
from slipway.deployment.facts import Facts, facts_of
from slipway.deployment.readiness import State, look
from slipway.deployment.site import Site
from slipway.frozen import Frozen

NAME_LABEL = "serving.kserve.io/inferenceservice"


class EndpointSummary(Frozen):
    """One endpoint; `traffic_percent` is what its route sends to this model, None where there is no route.

    `url` is the model's own address; where its host does not resolve, `gateway` is where to connect.
    """

    name: str
    environment: str
    namespace: str
    url: str
    gateway: str
    model: str
    version: str
    digest: str
    replicas_ready: int
    replicas_wanted: int
    traffic_percent: int | None
    is_ready: bool
    reason: str


def list_endpoints(site: Site) -> list[EndpointSummary]:
    """Every InferenceService in the environment's namespace that Slipway's chart made, by name.

    Raises:
        ClusterError: the cluster refuses or does not answer.
    """
    services = site.cluster.list(kinds.InferenceService, site.namespace)
    routes = {route["metadata"]["name"]: route for route in site.cluster.list(kinds.HTTPRoute, site.namespace)}
    found = [
        _summary(site, service, routes.get(service["metadata"]["name"]), facts)
        for service in services
        if (facts := facts_of(service)).model
    ]
    return sorted(found, key=lambda one: one.name)


def _summary(site: Site, service: Json, route: Json | None, facts: Facts) -> EndpointSummary:
    name = service["metadata"]["name"]
    state: State = look(site, name)
    url = service.get("status", {}).get("url", "")
    return EndpointSummary(
        name=name,
        environment=site.name,
        namespace=site.namespace,
        url=f"{url}/v2/models/{facts.model}" if url else "",
        gateway=site.environment.gateway,
        model=facts.model,
        version=facts.version,
        digest=facts.digest,
        replicas_ready=state.ready,
        replicas_wanted=state.wanted,
        traffic_percent=traffic_percent(route, f"{name}-predictor") if route else None,
        is_ready=bool(state.url),
        reason=state.trouble.what if state.trouble else "",
    )


def traffic_percent(route: Json, service: str) -> int:
    """Share of the weights that a route's rules give to a Service, in percent.

    Source: Gateway API, "HTTPBackendRef", weight: proportional, 1 if absent.
    """
    backends = [backend for rule in route["spec"].get("rules", ()) for backend in rule.get("backendRefs", ())]
    total = sum(backend.get("weight", 1) for backend in backends)
    own = sum(backend.get("weight", 1) for backend in backends if backend["name"] == service)
    return round(100 * own / total) if total else 0
