"""The kinds of objects that are read from a cluster, and the groups that bring those that are not built in."""

from __future__ import annotations

from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.authorization_v1 import SelfSubjectAccessReview
from lightkube.resources.core_v1 import Event, Namespace, Node, Pod, ResourceQuota
from lightkube.resources.storage_v1 import StorageClass

InferenceService = create_namespaced_resource(
    "serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices"
)
ClusterServingRuntime = create_global_resource(
    "serving.kserve.io", "v1alpha1", "ClusterServingRuntime", "clusterservingruntimes"
)
ClusterStorageContainer = create_global_resource(
    "serving.kserve.io", "v1alpha1", "ClusterStorageContainer", "clusterstoragecontainers"
)
HTTPRoute = create_namespaced_resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
Gateway = create_namespaced_resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways")

__all__ = [
    "ClusterServingRuntime",
    "ClusterStorageContainer",
    "Deployment",
    "Event",
    "Gateway",
    "HTTPRoute",
    "InferenceService",
    "Namespace",
    "Node",
    "Pod",
    "ReplicaSet",
    "ResourceQuota",
    "SelfSubjectAccessReview",
    "StorageClass",
]
