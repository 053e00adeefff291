"""From a pipeline's name to a run on the server: checked and compiled here, uploaded once, then started."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.cli.ir import CompiledPipeline, compile_ir
from slipway.cli.kubeflow.answers import Run, Version
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.placement import FILE, read_placement
from slipway.cli.kubeflow.placing import place, without_cache
from slipway.cli.kubeflow.upload import Versions, pipeline_name, version_name
from slipway.cli.local.record import IR_FILE
from slipway.cli.parameters import complete_arguments
from slipway.settings import Settings
from slipway.storage import write_whole

Say = Callable[[str], None]
TRACKING_VARIABLE = "SLIPWAY_TRACKING_URI"


@dataclass(frozen=True)
class Prepared:
    """A pipeline ready to upload: compiled for its environment, its parameters checked."""

    compiled: CompiledPipeline
    parameters: dict[str, Any]
    environment: str

    @property
    def pipeline(self) -> str:
        """The pipeline's name on the server."""
        return pipeline_name(self.compiled.document)

    @property
    def version(self) -> str:
        """The version's name, which its content gives it."""
        return version_name(self.pipeline, self.compiled.text)


def prepare(
    pipeline: str,
    root: Path,
    settings: Settings,
    environment: str,
    typed: Callable[[CompiledPipeline], dict[str, Any]],
    *,
    use_cache: bool = True,
) -> Prepared:
    """Compile a pipeline for an environment; nothing is asked of a server.

    Args:
        pipeline: name or path.
        root: the project's folder.
        settings: with the code revision filled in; steps get it and the experiment as variables.
        environment: whose `steps.yaml` places the steps.
        typed: gives the parameters that are not to have their default, typed.
        use_cache: whether steps look into KFP's cache.

    Raises:
        UsageError: there is no such pipeline, or a parameter does not fit or is missing.
        SettingsError: the environment's `steps.yaml` is malformed.
        PipelineError: the pipeline does not compile.
    """
    compiled = compile_ir(pipeline, root, image_prefix=settings.image_prefix, given={})
    parameters = typed(compiled)
    complete_arguments(compiled.document, compiled.name, parameters)
    variables = {"SLIPWAY_EXPERIMENT": settings.experiment, "SLIPWAY_CODE_REVISION": settings.code_revision}
    placed = place(compiled, read_placement(root, environment), variables)
    return Prepared(placed if use_cache else without_cache(placed), parameters, environment)


def upload(kubeflow: Kubeflow, prepared: Prepared, folder: Path, say: Say) -> Version:
    """Upload a prepared pipeline unless it is there; its IR stays in `folder`."""
    file = folder / IR_FILE
    write_whole(file, prepared.compiled.text)
    versions = Versions(kubeflow)
    found = versions.find(prepared.pipeline, prepared.version)
    if found is not None:
        say(f"Version {found.name} is on the server already.")
        return found
    uploaded = versions.upload(prepared.pipeline, file, f"slipway, environment {prepared.environment}")
    say(f"Uploaded version {uploaded.name}.")
    return uploaded


def start(kubeflow: Kubeflow, prepared: Prepared, version: Version, settings: Settings, name: str) -> Run:
    """Start a run of an uploaded version in the settings' experiment."""
    experiment_id = kubeflow.experiment_id(settings.experiment)
    return kubeflow.create_run(name, version, experiment_id, prepared.parameters)


def new_run_name(pipeline: str) -> str:
    """Return a name for a run that no other has, made as those of local runs are."""
    return f"{pipeline}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def run_folder(settings: Settings, name: str) -> Path:
    """Return where the logs of a submitted run are kept."""
    return settings.home.resolve() / "submitted" / name


def registry_remark(prepared: Prepared) -> str:
    """Return a warning when a step would register into its own pod, where nobody finds it; else nothing."""
    executors = prepared.compiled.document.get("deploymentSpec", {}).get("executors", {})
    containers = [executor.get("container", {}) for executor in executors.values()]
    named = any(one["name"] == TRACKING_VARIABLE for container in containers for one in container.get("env", []))
    if named or not prepared.compiled.images:
        return ""
    place_of = f"infra/environments/{prepared.environment}/{FILE}"
    return f"No step knows a tracking server: set {TRACKING_VARIABLE} under 'default: variables:' in {place_of}."
