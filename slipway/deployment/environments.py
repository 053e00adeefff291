"""The environments of a project: `infra/environments/<name>/`.

`environment.yaml` says where its endpoints live. `values.yaml` and `models/<endpoint>.yaml` have values of
`charts/endpoint`, for all and for one; Argo CD reads those two as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from slipway.errors import SettingsError, UsageError
from slipway.frozen import Frozen
from slipway.parsing import parse

FOLDER = Path("infra/environments")
FILE = "environment.yaml"
SHARED_VALUES = "values.yaml"


class Environment(Frozen):
    """Where the endpoints of one environment live."""

    namespace: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63, description="where its endpoints live"
    )
    context: str = Field(default="", description="context of the kubeconfig; empty for the current one")
    gateway: str = Field(
        default="",
        pattern=r"^(https?://[^\s/@?#]+(/[^\s@?#]*)?)?$",
        description="URL to reach the cluster's gateway at; empty where the endpoints' own hosts resolve",
    )


def load_environment(name: str, root: Path) -> Environment:
    """Read an environment of the project.

    Raises:
        UsageError: there is none of that name; lists those there are.
        SettingsError: its file is malformed; names the place.
    """
    path = root / FOLDER / name / FILE
    if name not in list_environments(root):
        raise UsageError(
            f"There is no environment '{name}'",
            expected=f"one of: {', '.join(list_environments(root)) or 'none'}",
            cure=f"Name one of them, or add '{path}'.",
        )
    return parse(
        Environment, read_yaml(path), what=f"'{path}'", error=SettingsError, cure="Correct it: docs/deploy.md."
    )


def list_environments(root: Path) -> list[str]:
    """Name the environments of the project."""
    return sorted(path.parent.name for path in (root / FOLDER).glob(f"*/{FILE}"))


def values_files(environment: str, root: Path, endpoint: str = "") -> list[Path]:
    """Where values of the chart stand, the last beating the first: of all endpoints, then of one that is named."""
    folder = root / FOLDER / environment
    files = [folder / SHARED_VALUES, *([folder / "models" / f"{endpoint}.yaml"] if endpoint else [])]
    return [path for path in files if path.is_file()]


def read_yaml(path: Path) -> Any:
    """Read one YAML document; an empty one is an empty mapping.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"'{path}' cannot be read: {error}", cure="Correct the file.") from error
