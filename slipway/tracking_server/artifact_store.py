"""S3 as the server's own artifact store: all artifacts go through the server.

MLflow offers clients addresses in the store itself whenever it can, and no setting stops it. Here a client
is to need the server alone: the store has no name outside the cluster, and takes no other pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

if TYPE_CHECKING:
    from mlflow.entities import FileInfo


class ServedS3Repository(ArtifactRepository):  # type: ignore[misc]
    """What MLflow's S3 store does, less multipart and presigned transfers.

    MLflow finds it by an entry point of the group `mlflow.artifact_repository`, which the image declares.
    """

    def __init__(
        self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
    ) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        self._store = S3ArtifactRepository(artifact_uri, tracking_uri=tracking_uri, registry_uri=registry_uri)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Store one file."""
        self._store.log_artifact(local_file, artifact_path)

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Store a folder's files."""
        self._store.log_artifacts(local_dir, artifact_path)

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """List a folder."""
        return list(self._store.list_artifacts(path))

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Delete a file or a folder."""
        self._store.delete_artifacts(artifact_path)

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        self._store._download_file(remote_file_path, local_path)
