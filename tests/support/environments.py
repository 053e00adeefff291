"""Python environments of their own, for clients and tools whose dependencies conflict with the project's."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.storage import sha256_file

FOLDER = Path(sys.prefix) / "clients"


class PackagesError(Exception):
    """An environment cannot be made; has the installer's last lines."""


def environment(requirements: Path, folder: Path = FOLDER, *, dependencies: bool = True) -> Path:
    """Return the interpreter of an environment of pinned requirements, made once for each state of them.

    Without `dependencies` the packages are installed alone, for what they carry.

    Raises:
        PackagesError: the packages cannot be had.
    """
    target = folder / requirements.stem
    done, wanted = target / ".installed", sha256_file(requirements)
    with _alone(folder / f".{requirements.stem}.lock"):
        if not done.is_file() or done.read_text(encoding="ascii") != wanted:
            shutil.rmtree(target, ignore_errors=True)
            _install(requirements, target, [] if dependencies else ["--no-deps"])
            done.write_text(wanted, encoding="ascii")
    return target / "bin" / "python"


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep out other processes of the same test run."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install(requirements: Path, target: Path, options: list[str]) -> None:
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", *options]
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", str(target)],
        [*uv, "--python", str(target / "bin/python"), "--requirement", str(requirements)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            tail = "\n".join(done.stderr.strip().splitlines()[-10:])
            raise PackagesError(f"'{requirements.stem}' cannot be installed:\n{tail}")
