"""Writing placements into compiled IR: resources and retries are the IR's own, the rest is KFP's for Kubernetes.

The IR is KFP's PipelineSpec (api/v2alpha1/pipeline_spec.proto); what holds on Kubernetes alone is a
second YAML document, the PlatformSpec, which `kfp.kubernetes` knows how to fill.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from slipway.cli.ir import CompiledPipeline
from slipway.cli.kubeflow.placement import Placement, StepPlacement
from slipway.images.names import family_of

_RESOURCES = {
    "cpu_request": "resourceCpuRequest",
    "cpu_limit": "resourceCpuLimit",
    "memory_request": "resourceMemoryRequest",
    "memory_limit": "resourceMemoryLimit",
}


@dataclass
class _Task:
    """Stands for the PipelineTask whose configuration the functions of `kfp.kubernetes` change."""

    platform_config: dict[str, Any] = field(default_factory=dict)


def place(compiled: CompiledPipeline, placement: Placement, variables: dict[str, str]) -> CompiledPipeline:
    """Return the pipeline with its steps placed; what neither says stays as compiled.

    Args:
        compiled: as `compile_ir` gives it; it is not changed.
        placement: the environment's.
        variables: for the steps that run in Slipway's images; a placement's own beat them.
    """
    documents = compiled.documents()
    spec = documents[0]
    platform = documents[1] if len(documents) > 1 else {}
    for label, executor in spec.get("deploymentSpec", {}).get("executors", {}).items():
        if "container" not in executor:
            continue
        wanted = placement.of(label.removeprefix("exec-").replace("-", "_"))
        container = executor["container"]
        ours = variables if family_of(container.get("image", "")) else {}
        _set_variables(container, {**ours, **wanted.variables})
        _set_resources(container, wanted)
        for task in _tasks_of(spec, label):
            _set_retries(task, wanted)
        _set_kubernetes(platform, label, wanted)
    return compiled.rewritten([spec, platform] if platform else [spec])


def without_cache(compiled: CompiledPipeline) -> CompiledPipeline:
    """Return the pipeline with every step told not to look into the cache."""
    documents = compiled.documents()
    for task in _tasks(documents[0]):
        task.pop("cachingOptions", None)
    return compiled.rewritten(documents)


def _set_variables(container: dict[str, Any], variables: dict[str, str]) -> None:
    if variables:
        kept = [one for one in container.get("env", []) if one["name"] not in variables]
        container["env"] = kept + [{"name": name, "value": value} for name, value in sorted(variables.items())]


def _set_resources(container: dict[str, Any], wanted: StepPlacement) -> None:
    resources = {key: value for name, key in _RESOURCES.items() if (value := getattr(wanted, name)) is not None}
    if wanted.gpu is not None:
        gpu = wanted.gpu
        resources["accelerator"] = {"resourceType": gpu.resource, "resourceCount": str(gpu.count)}
    if resources:
        container["resources"] = {**container.get("resources", {}), **resources}


def _set_retries(task: dict[str, Any], wanted: StepPlacement) -> None:
    if wanted.retries is not None:
        task["retryPolicy"] = {
            "maxRetryCount": wanted.retries,
            "backoffDuration": f"{wanted.retry_pause_seconds}s",
            "backoffFactor": 2.0,
            "backoffMaxDuration": "3600s",
        }


def _set_kubernetes(platform: dict[str, Any], label: str, wanted: StepPlacement) -> None:
    from kfp import kubernetes

    task = _Task()
    target = cast("Any", task)
    _use_secrets(target, wanted)
    for key, value in wanted.node_selector.items():
        kubernetes.add_node_selector(target, key, value)
    for one in wanted.tolerations:
        kubernetes.add_toleration(target, one.key, one.operator, one.value, one.effect)
    if wanted.timeout_seconds is not None:
        kubernetes.set_timeout(target, wanted.timeout_seconds)
    if task.platform_config:
        executors = platform
        for key in ("platforms", "kubernetes", "deploymentSpec", "executors"):
            executors = executors.setdefault(key, {})
        executors[label] = {**executors.get(label, {}), **task.platform_config["kubernetes"]}


def _use_secrets(target: Any, wanted: StepPlacement) -> None:
    from kfp import kubernetes

    for secret in wanted.secrets:
        if secret.mount_path:
            kubernetes.use_secret_as_volume(target, secret.name, secret.mount_path, optional=secret.optional)
        else:
            kubernetes.use_secret_as_env(target, secret.name, secret.variables, optional=secret.optional)
    if wanted.image_pull_secrets:
        kubernetes.set_image_pull_secrets(target, wanted.image_pull_secrets)


def _tasks(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for component in (spec["root"], *spec.get("components", {}).values()):
        yield from component.get("dag", {}).get("tasks", {}).values()


def _tasks_of(spec: dict[str, Any], label: str) -> Iterator[dict[str, Any]]:
    """Yield the tasks that run an executor."""
    for task in _tasks(spec):
        component = spec["components"].get(task["componentRef"]["name"], {})
        if component.get("executorLabel") == label:
            yield task
