"""Uploading compiled IR: one pipeline for each name, one version for each content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from slipway.cli.kubeflow.answers import Version
from slipway.cli.kubeflow.client import Kubeflow, equals
from slipway.cli.kubeflow.failures import NOT_FOUND, grpc_code
from slipway.errors import KubeflowError, PipelineError

DIGEST_DIGITS = 16
LARGEST_BYTES = 32 << 20  # the server reads no more (MaxFileLength in backend/src/apiserver/common)
_LONGEST_NAME = 127  # of a version (backend/src/apiserver/validation/length.go)


def pipeline_name(document: dict[str, Any]) -> str:
    """Return the pipeline's name on the server: the one its decorator gives, lower-case and hyphenated by KFP."""
    return str(document["pipelineInfo"]["name"])


def version_name(pipeline: str, text: str) -> str:
    """Return `flight-delay-4f0c...`: 16 hex digits of the SHA-256 over the IR's bytes after the pipeline's name.

    The name stands alone on servers that keep versions as Kubernetes resources, so it holds the pipeline's.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]
    return f"{pipeline[: _LONGEST_NAME - DIGEST_DIGITS - 1]}-{digest}"


class Versions:
    """The pipelines and versions on a server."""

    def __init__(self, kubeflow: Kubeflow) -> None:
        from kfp_server_api import PipelineServiceApi, PipelineUploadServiceApi

        self._kubeflow = kubeflow
        self._pipelines = PipelineServiceApi(kubeflow.transport)
        self._uploads = PipelineUploadServiceApi(kubeflow.transport)

    def find(self, pipeline: str, name: str) -> Version | None:
        """Return the version of that name, or None when it is not on the server yet."""
        pipeline_id = self._find_pipeline(pipeline)
        version_id = self._find_version(pipeline_id, name) if pipeline_id else ""
        return Version(pipeline_id, version_id, name) if version_id else None

    def upload(self, pipeline: str, file: Path, description: str) -> Version:
        """Upload an IR file unless its content is there already; uploads that race end with the same version.

        Raises:
            PipelineError: the file is larger than a server takes.
            KubeflowError: the server refuses the pipeline.
        """
        text = file.read_text()
        if len(text.encode()) > LARGEST_BYTES:
            raise PipelineError(
                f"Pipeline '{pipeline}' is too large to upload",
                expected=f"at most {LARGEST_BYTES >> 20} MiB",
                got=f"{len(text.encode()) >> 20} MiB",
                cure="Pass data by a source, not as a constant in the pipeline.",
            )
        name = version_name(pipeline, text)
        pipeline_id = self._kubeflow.existing_or(
            lambda: self._find_pipeline(pipeline), lambda: self._create_pipeline(pipeline)
        )
        version_id = self._kubeflow.existing_or(
            lambda: self._find_version(pipeline_id, name),
            lambda: self._create_version(pipeline_id, name, file, description),
        )
        return Version(pipeline_id, version_id, name)

    def spec(self, version: Version) -> dict[str, Any]:
        """Return the IR's first document, as the server keeps it.

        The server answers the pipeline's spec alone, or `pipeline_spec` and `platform_spec` side by side.
        """
        found = self._kubeflow.ask(
            f"get version '{version.version_id}'",
            lambda: self._pipelines.pipeline_service_get_pipeline_version(version.pipeline_id, version.version_id),
        )
        content: dict[str, Any] = found.pipeline_spec or {}
        inner: dict[str, Any] = content.get("pipeline_spec", content)
        return inner

    def _find_pipeline(self, name: str) -> str:
        def find() -> str:
            get = self._pipelines.pipeline_service_get_pipeline_by_name
            return str(get(name, **self._kubeflow.scope()).pipeline_id)

        try:
            return self._kubeflow.ask(f"look for pipeline '{name}'", find)
        except KubeflowError as error:
            if grpc_code(error) != NOT_FOUND:
                raise
            return ""

    def _create_pipeline(self, name: str) -> str:
        from kfp_server_api import V2beta1Pipeline

        wanted = V2beta1Pipeline(name=name, display_name=name, namespace=self._kubeflow.namespace or None)
        create = self._pipelines.pipeline_service_create_pipeline
        return str(self._kubeflow.ask(f"create pipeline '{name}'", lambda: create(wanted)).pipeline_id)

    def _find_version(self, pipeline_id: str, name: str) -> str:
        listed = self._kubeflow.every(
            f"look for version '{name}'",
            lambda **query: self._pipelines.pipeline_service_list_pipeline_versions(pipeline_id, **query),
            "pipeline_versions",
            filter=equals("name", name),
        )
        return next((str(one.pipeline_version_id) for one in listed), "")

    def _create_version(self, pipeline_id: str, name: str, file: Path, description: str) -> str:
        def send() -> str:
            upload = self._uploads.upload_pipeline_version
            sent = upload(str(file), name=name, pipelineid=pipeline_id, description=description)
            return str(sent.pipeline_version_id)

        return self._kubeflow.ask(f"upload version '{name}'", send)
