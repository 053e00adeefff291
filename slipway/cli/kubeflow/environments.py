"""Where an environment's declarations stand in the project: `infra/environments/<env>/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from slipway.errors import SlipwayError, UsageError

FOLDER = Path("infra/environments")
DEFAULT = "dev"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def environment_folder(root: Path, environment: str) -> Path:
    """Return the folder of an environment; that of the default one need not be there.

    Raises:
        UsageError: the name is none that Kubernetes takes for a namespace, or there is no such environment.
    """
    if not _NAME.fullmatch(environment):
        raise UsageError(
            "An environment's name is not usable",
            expected="lower-case letters, digits and hyphens",
            got=repr(environment),
            cure="Write for example --env dev.",
        )
    folder = root / FOLDER / environment
    if environment != DEFAULT and not folder.is_dir():
        there = sorted(one.name for one in (root / FOLDER).glob("*/"))
        raise UsageError(
            f"There is no environment '{environment}'",
            expected=f"one of: {', '.join(sorted({*there, DEFAULT}))}",
            cure=f"Add '{FOLDER / environment}/', or correct --env.",
        )
    return folder


def read_yaml(path: Path, error: type[SlipwayError]) -> Any:
    """Return the content of a YAML file.

    Raises:
        SlipwayError: of class `error`; it cannot be read, with the line where.
    """
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as failure:
        raise error(f"'{path}' cannot be read: {failure}", cure="Correct the file.") from failure
