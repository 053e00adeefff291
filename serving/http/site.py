"""Every path that the server answers over HTTP/1.1."""

from __future__ import annotations

from collections.abc import Sequence

from serving.http.control import ModelControl
from serving.http.face import Faces
from serving.http.hosting import HostedInference
from serving.http.kserve_v1 import KServeV1
from serving.http.open_inference import OpenInference
from serving.http.openapi import openapi_document
from serving.http.operations import Operations
from serving.http.router import Router
from serving.models.repository import Repository
from serving.observe.metrics import ServerMetrics
from serving.platforms import HostedPaths


def build_router(
    repository: Repository,
    metrics: ServerMetrics,
    *,
    allow_control: bool,
    hosted: Sequence[HostedPaths],
    most_body_bytes: int,
) -> Router:
    """Lay out the paths.

    Args:
        repository: the models.
        metrics: what `/metrics` shows.
        allow_control: whether clients may load and unload models.
        hosted: the paths by which a hosting platform asks for health and predictions.
        most_body_bytes: bound of a body that came compressed.
    """
    router = Router(rejected=metrics.rejected)
    faces = Faces(repository, most_body_bytes=most_body_bytes)
    OpenInference(repository, faces).add_to(router)
    KServeV1(repository, faces).add_to(router)
    for paths in hosted:
        HostedInference(repository, faces, paths).add_to(router)
    ModelControl(repository, allowed=allow_control).add_to(router)
    Operations(metrics, lambda: openapi_document(repository, hosted)).add_to(router)
    return router
