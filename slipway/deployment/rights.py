"""The rights that `slipway deploy`, `endpoints` and `undeploy` need in the namespace of an environment."""

from __future__ import annotations

from slipway.cluster.permissions import Permission

_CHANGE = ("get", "list", "create", "patch", "delete")
# What charts/endpoint writes, and the Secrets in which Helm keeps its revisions.
_WRITTEN = {
    "": ("secrets", "configmaps", "serviceaccounts"),
    "serving.kserve.io": ("inferenceservices",),
    "networking.k8s.io": ("networkpolicies",),
    "policy": ("poddisruptionbudgets",),
}
# What has to be read to say why an endpoint is not ready.
_READ = {
    "": ("pods", "events"),
    "apps": ("deployments", "replicasets"),
    "gateway.networking.k8s.io": ("httproutes",),
}

RIGHTS = (
    *(Permission(verb, name, group) for group, names in _WRITTEN.items() for name in names for verb in _CHANGE),
    *(Permission("list", name, group) for group, names in _READ.items() for name in names),
    Permission("get", "pods/log"),
    Permission("get", "namespaces", is_namespaced=False),
)
