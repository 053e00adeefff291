"""Releases of a chart, by the user's own Helm: it keeps what was before, so that it can come back."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slipway.errors import ClusterError

TIMEOUT_SECONDS = 120.0
_VALUES_CURE = "Correct the values: those of the environment, or of the model in it."
# What Helm says, and what to do about it.
_CURES = {
    "another operation": "Wait: somebody deploys it at this moment. If nobody does, end it with 'helm rollback'.",
    "cannot be imported into the current release": "It belongs to something else, such as Argo CD: "
    "change it there, or remove it first.",
    "the schema": _VALUES_CURE,
    "no matches for kind": "Install what brings that kind: 'slipway doctor --cluster' lists what is missing.",
    "is forbidden": "Ask for that right: 'slipway doctor --cluster' lists those that are missing.",
    "not found: ": _VALUES_CURE,
}


class Helm:
    """Releases in one namespace of a context, the current one if it is empty.

    Every method raises ClusterError with what Helm said.
    """

    def __init__(self, context: str, namespace: str) -> None:
        found = shutil.which("helm")
        if found is None:
            raise ClusterError(
                "'helm' is not on the PATH",
                expected="Helm 3.14 or later",
                cure="Install it: https://helm.sh/docs/intro/install/.",
            )
        self._start = [found, "--namespace", namespace, *(["--kube-context", context] if context else [])]

    def render(self, release: str, chart: Path, values: Sequence[Path]) -> str:
        """Give the manifests as YAML; the cluster is not asked."""
        return self._run("template", release, str(chart), *_files(values))

    def upgrade(self, release: str, chart: Path, values: Sequence[Path], description: str) -> int:
        """Install the chart, or change the release to it; give the new revision."""
        arguments = ["--install", "--description", description, "--output", "json", *_files(values)]
        done: dict[str, Any] = json.loads(self._run("upgrade", release, str(chart), *arguments))
        return int(done["version"])

    def deployed_revision(self, release: str) -> int | None:
        """Give the revision that is in force; None where nothing is."""
        deployed = [int(entry["revision"]) for entry in self._history(release) if entry["status"] == "deployed"]
        return max(deployed, default=None)

    def exists(self, release: str) -> bool:
        """Tell whether there is a release of that name, whole or not."""
        return bool(self._history(release))

    def manifest(self, release: str) -> str:
        """Give the manifests of the release as YAML."""
        return self._run("get", "manifest", release)

    def rollback(self, release: str, revision: int) -> None:
        """Bring back all that a revision was, as a new revision."""
        self._run("rollback", release, str(revision))

    def uninstall(self, release: str) -> None:
        """Remove all that the release brought; nothing to do where there is none."""
        self._run("uninstall", release, "--ignore-not-found", "--wait", "--timeout", f"{TIMEOUT_SECONDS:.0f}s")

    def _history(self, release: str) -> list[dict[str, Any]]:
        try:
            entries: list[dict[str, Any]] = json.loads(self._run("history", release, "--output", "json"))
        except ClusterError as error:
            if "release: not found" in error.failed:
                return []
            raise
        return entries

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self._start, *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS * 2,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise ClusterError(
                f"helm {arguments[0]} did not end within {error.timeout:.0f} s",
                cure="Check the cluster: 'slipway doctor --cluster'.",
            ) from error
        if done.returncode:
            raise _refused(arguments[0], done.stderr)
        return done.stdout


def _files(values: Sequence[Path]) -> list[str]:
    return [word for path in values for word in ("--values", str(path))]


def _refused(command: str, said: str) -> ClusterError:
    reason = said.strip().removeprefix("Error: ")
    cure = next(
        (text for sign, text in _CURES.items() if sign in reason), "'slipway doctor --cluster' may say more."
    )
    return ClusterError(f"helm {command} failed: {reason}", cure=cure)
