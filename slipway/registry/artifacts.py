"""Files of a run in the artifact store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slipway.bundle.bundle import Bundle
from slipway.bundle.manifest import MANIFEST_FILE
from slipway.errors import RegistryError
from slipway.registry.failures import tracking_errors
from slipway.registry.tracking import transfer_time
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

BUNDLE_FOLDER = "bundle"
REPORTS_FOLDER = "reports"


def upload_folder(client: MlflowClient, run_id: str, source: Path, target: str, settings: Settings) -> None:
    """Copy a folder's files under `target` of the run; a file that stands there is replaced."""
    size = sum(file.stat().st_size for file in source.rglob("*") if file.is_file())
    with tracking_errors(settings, f"upload {target}"), transfer_time(settings, size):
        client.log_artifacts(run_id, str(source), target)


def upload_file(client: MlflowClient, run_id: str, source: Path, target: str | None, settings: Settings) -> None:
    """Copy one file to the folder `target` of the run, None for its root."""
    size = source.stat().st_size
    with tracking_errors(settings, f"upload '{source.name}'"), transfer_time(settings, size):
        client.log_artifact(run_id, str(source), target)


def download_folder(uri: str, target: Path, settings: Settings, size_bytes: int = 0) -> None:
    """Copy every file below an artifact URI into `target`."""
    with tracking_errors(settings, "download the bundle"), transfer_time(settings, size_bytes):
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        server = settings.resolved_tracking_uri
        repository = get_artifact_repository(uri, tracking_uri=server, registry_uri=server)
        repository.download_artifacts("", dst_path=str(target))


def sizes(client: MlflowClient, run_id: str, folder: str) -> dict[str, int]:
    """Size in bytes of each file below `folder` of the run, by its path inside `folder`."""
    found: dict[str, int] = {}
    pending = [folder]
    while pending:
        for entry in client.list_artifacts(run_id, pending.pop()):
            if entry.is_dir:
                pending.append(entry.path)
            else:
                found[entry.path.removeprefix(f"{folder}/")] = int(entry.file_size or 0)
    return found


def missing_files(client: MlflowClient, run_id: str, bundle: Bundle, settings: Settings) -> list[str]:
    """Names of the bundle's files that the run lacks or holds in another size."""
    with tracking_errors(settings, f"list the artifacts of run {run_id}"):
        present = sizes(client, run_id, BUNDLE_FOLDER)
    wanted = {name: entry.size_bytes for name, entry in bundle.manifest.files.items()}
    wanted[MANIFEST_FILE] = (bundle.path / MANIFEST_FILE).stat().st_size
    return sorted(name for name, size in wanted.items() if present.get(name) != size)


def require_bundle(client: MlflowClient, run_id: str, bundle: Bundle, settings: Settings) -> None:
    """Check that the run holds the whole bundle, by name and size.

    Raises:
        RegistryError: names what is missing or of another size.
    """
    if missing := missing_files(client, run_id, bundle, settings):
        raise RegistryError(
            f"Run {run_id} does not hold the whole bundle: {', '.join(missing)} missing or cut short",
            cure="Record the run again, which completes the upload; nothing has been registered.",
        )


def restore_bundle(client: MlflowClient, run_id: str, bundle: Bundle, settings: Settings) -> None:
    """Upload the bundle again if the store has lost any of it."""
    if missing_files(client, run_id, bundle, settings):
        upload_folder(client, run_id, bundle.path, BUNDLE_FOLDER, settings)
        require_bundle(client, run_id, bundle, settings)
