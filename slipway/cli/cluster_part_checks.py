"""What others bring to the cluster: the kinds that Slipway's charts write, in the versions they write."""

from __future__ import annotations

from slipway.cli.cluster_checks import cluster_check
from slipway.cli.doctor_checks import Finding, fail, ok, warn
from slipway.cluster import kinds
from slipway.cluster.connection import Json
from slipway.deployment.site import Site

_SCHEME = "mlflow://"
_RUNTIME_CURE = "Install it: helm install serving-runtime charts/serving-runtime."


@cluster_check("KServe")
def check_kserve(site: Site) -> Finding:
    """Look for InferenceServices, which an endpoint is."""
    missing, detail = _kind(site, "serving.kserve.io", "v1beta1", "inferenceservices")
    return fail(detail, "Install KServe 0.20 or later in Standard mode.") if missing else ok(detail)


@cluster_check("serving runtime")
def check_serving_runtime(site: Site) -> Finding:
    """Look for what serves ONNX, and for what brings models from the registry."""
    runtimes = [_name(one) for one in site.cluster.list_known(kinds.ClusterServingRuntime) if _serves_onnx(one)]
    stores = [_name(one) for one in site.cluster.list_known(kinds.ClusterStorageContainer) if _brings(one)]
    if runtimes and stores:
        return ok(f"{', '.join(runtimes)} serves ONNX, {', '.join(stores)} brings {_SCHEME}")
    lacks = "no ClusterServingRuntime serves ONNX" if stores else f"no ClusterStorageContainer brings {_SCHEME}"
    return fail(lacks, _RUNTIME_CURE)


@cluster_check("Gateway API")
def check_gateway_api(site: Site) -> Finding:
    """Look for HTTPRoutes, by which requests reach an endpoint."""
    missing, detail = _kind(site, "gateway.networking.k8s.io", "v1", "httproutes")
    return (
        fail(detail, "Install the Gateway API's standard channel, and a controller of it.")
        if missing
        else ok(detail)
    )


@cluster_check("KEDA")
def check_keda(site: Site) -> Finding:
    """Look for ScaledObjects, by which replicas follow the requests."""
    missing, detail = _kind(site, "keda.sh", "v1alpha1", "scaledobjects")
    return warn(detail, "Install KEDA, or let endpoints follow the CPU alone.") if missing else ok(detail)


@cluster_check("Prometheus operator")
def check_prometheus_operator(site: Site) -> Finding:
    """Look for PodMonitors, by which Prometheus finds endpoints."""
    missing, detail = _kind(site, "monitoring.coreos.com", "v1", "podmonitors")
    cure = "Install it, or leave 'monitoring' of the endpoints off: annotations tell a Prometheus too."
    return warn(detail, cure) if missing else ok(detail)


@cluster_check("Argo Workflows")
def check_argo_workflows(site: Site) -> Finding:
    """Look for Workflows, which Kubeflow Pipelines runs steps by; only pipelines need them."""
    return _optional(site, "workflows", "Needed for 'slipway submit' only: charts/kubeflow-pipelines brings it.")


@cluster_check("Argo CD")
def check_argo_cd(site: Site) -> Finding:
    """Look for Applications, by which what is pushed to Git is deployed; only that needs them."""
    return _optional(site, "applications", "Needed for deploying by Git only: install Argo CD.")


def _optional(site: Site, plural: str, cure: str) -> Finding:
    missing, detail = _kind(site, "argoproj.io", "v1alpha1", plural)
    return warn(detail, cure) if missing else ok(detail)


def _kind(site: Site, group: str, version: str, plural: str) -> tuple[bool, str]:
    """Tell whether a kind is missing in the version that is written, and what there is in words."""
    content = site.cluster.read_path(f"/apis/{group}/{version}")
    if content is None:
        served = [one["version"] for one in (site.cluster.read_path(f"/apis/{group}") or {}).get("versions", ())]
        return True, f"{group}/{version} is not served" + (f", only {', '.join(served)}" if served else "")
    if plural not in {one["name"] for one in content.get("resources", ())}:
        return True, f"{group}/{version} has no {plural}"
    return False, f"{plural}.{group}/{version}"


def _name(thing: Json) -> str:
    return str(thing["metadata"]["name"])


def _serves_onnx(runtime: Json) -> bool:
    return any(one.get("name") == "onnx" for one in runtime["spec"].get("supportedModelFormats", ()))


def _brings(container: Json) -> bool:
    return any(one.get("prefix") == _SCHEME for one in container["spec"].get("supportedUriFormats", ()))
