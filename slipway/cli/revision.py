"""The Git revision of the code that runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from slipway.settings import Settings

UNKNOWN = "unknown"
_CODE = ("components", "constraints", "pipelines", "pyproject.toml", "slipway")


def with_code_revision(settings: Settings, root: Path) -> Settings:
    """Return the settings with the project's Git commit filled in where nothing is set."""
    if settings.code_revision != UNKNOWN:
        return settings
    return settings.model_copy(update={"code_revision": git_revision(root) or UNKNOWN})


def git_revision(root: Path) -> str | None:
    """Return the commit of the project, `-dirty` when its code differs; None without Git or a repository."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return None
    return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--", *_CODE) else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
