"""Where and with what steps run on a cluster, declared for an environment and never in a pipeline's code.

`infra/environments/<env>/steps.yaml` has a `default` for all steps and, under `steps`, a placement for
each pattern of names (`train_*`). What fits a step is laid over the default in the file's order.
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from slipway.cli.kubeflow.environments import environment_folder, read_yaml
from slipway.errors import SettingsError
from slipway.frozen import Frozen
from slipway.parsing import parse

FILE = "steps.yaml"
_NUMBERED = re.compile(r"_\d+$")

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")]


class Gpu(Frozen):
    """Accelerators for a step: `resource` is the name under which the nodes offer them."""

    count: int = Field(ge=1)
    resource: str = "nvidia.com/gpu"


class Toleration(Frozen):
    """A taint that a step's pod tolerates."""

    key: str | None = None
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class SecretUse(Frozen):
    """A Secret for a step: keys as variables, or all of it as files under a path."""

    name: str = Field(min_length=1)
    variables: dict[str, str] = Field(default={}, description="key of the Secret -> variable")
    mount_path: str = ""
    optional: bool = False

    @model_validator(mode="after")
    def _is_used_once(self) -> Self:
        if bool(self.variables) == bool(self.mount_path):
            raise ValueError("say either 'variables' or 'mount_path'")
        return self


class StepPlacement(Frozen):
    """What one step asks for; what is left out stays as the default or the pipeline has it."""

    cpu_request: Quantity | None = Field(default=None, description="cores to reserve, as in 500m")
    cpu_limit: Quantity | None = Field(default=None, description="cores at most")
    memory_request: Quantity | None = Field(default=None, description="memory to reserve, as in 2Gi")
    memory_limit: Quantity | None = Field(default=None, description="memory at most; beyond it the step is killed")
    gpu: Gpu | None = Field(default=None, description="`count`, and `resource` where it is not nvidia.com/gpu")
    retries: int | None = Field(default=None, ge=0, le=10, description="how often a failed step is tried again")
    retry_pause_seconds: int = Field(default=30, ge=0, description="before the first; each next is twice as long")
    timeout_seconds: int | None = Field(default=None, ge=1, description="how long a try may take")
    variables: dict[str, str] = Field(default={}, description="environment variables")
    secrets: list[SecretUse] = Field(
        default=[], description="`name` of a Secret, and `variables` (its key to variable) or `mount_path`"
    )
    image_pull_secrets: list[str] = Field(default=[], description="names of Secrets that may pull the images")
    node_selector: dict[str, str] = Field(default={}, description="labels that the node must have")
    tolerations: list[Toleration] = Field(default=[], description="taints of nodes that are put up with")

    def overlaid(self, other: StepPlacement) -> StepPlacement:
        """Return this with what `other` says: values replace, mappings and lists grow."""
        said: dict[str, Any] = {name: getattr(other, name) for name in other.model_fields_set}
        for name, value in said.items():
            mine = getattr(self, name)
            if isinstance(value, dict):
                said[name] = {**mine, **value}
            elif isinstance(value, list):
                said[name] = [*mine, *(one for one in value if one not in mine)]
        return self.model_copy(update=said)


class Placement(Frozen):
    """The placements of an environment: for all steps, and by patterns of step names."""

    default: StepPlacement = StepPlacement()
    steps: dict[str, StepPlacement] = {}

    def of(self, step: str) -> StepPlacement:
        """Return what holds for a step; `write_note_2` is the second use of `write_note`."""
        placement = self.default
        for pattern, one in self.steps.items():
            if _fits(step, pattern):
                placement = placement.overlaid(one)
        return placement


def read_placement(root: Path, environment: str) -> Placement:
    """Return the placements of an environment; without its file, nothing is asked for.

    Raises:
        SettingsError: the file is malformed, or a pattern fits no step of the project.
    """
    path = environment_folder(root, environment) / FILE
    if not path.is_file():
        return Placement()
    content = read_yaml(path, SettingsError) or {}
    placement = parse(Placement, content, what=f"'{path}'", error=SettingsError, cure="Correct the file.")
    names = sorted({file.stem for file in (root / "components").glob("*/*.py")})
    for pattern in placement.steps:
        if not any(_fits(name, pattern) for name in names):
            raise SettingsError(
                f"Pattern '{pattern}' in '{path}' fits no step",
                expected=f"one that fits any of: {', '.join(names)}",
                cure="Correct the pattern.",
            )
    return placement


def _fits(step: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(step, pattern) or fnmatch.fnmatchcase(_NUMBERED.sub("", step), pattern)
