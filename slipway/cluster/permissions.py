"""What the person of the kubeconfig may do, as the cluster itself says.

Source: Kubernetes API, authorization.k8s.io/v1, SelfSubjectAccessReview.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lightkube.models.authorization_v1 import ResourceAttributes, SelfSubjectAccessReviewSpec

from slipway.cluster import kinds
from slipway.cluster.connection import Cluster


@dataclass(frozen=True)
class Permission:
    """A verb on a resource, `resource/subresource` for a part of it; without a namespace where it has none."""

    verb: str
    resource: str
    group: str = ""
    is_namespaced: bool = True

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{'.' if self.group else ''}{self.group}"


def denied(cluster: Cluster, namespace: str, wanted: Iterable[Permission]) -> list[Permission]:
    """Ask for each permission, and give those that are not granted.

    Raises:
        ClusterError: the cluster refuses to tell or does not answer.
    """
    return [one for one in wanted if not _is_allowed(cluster, namespace, one)]


def _is_allowed(cluster: Cluster, namespace: str, wanted: Permission) -> bool:
    resource, _, subresource = wanted.resource.partition("/")
    attributes = ResourceAttributes(
        verb=wanted.verb,
        group=wanted.group,
        resource=resource,
        subresource=subresource or None,
        namespace=namespace if wanted.is_namespaced else None,
    )
    review = kinds.SelfSubjectAccessReview(spec=SelfSubjectAccessReviewSpec(resourceAttributes=attributes))
    return bool(cluster.create(review)["status"]["allowed"])
