"""How a step's command is executed here: by this interpreter, or in the container of its image.

Either way it is a process under a guard of its own, so progress, cache, resume and Ctrl-C are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from slipway.cli.local.command import local_command


class RunnerName(StrEnum):
    """What `--runner` takes."""

    SUBPROCESS = "subprocess"
    DOCKER = "docker"


@dataclass(frozen=True)
class Place:
    """Where a run happens: the project, the home, the run's workspace and its environment."""

    root: Path
    home: Path
    workspace: Path
    environment: Mapping[str, str]


class Runner(Protocol):
    """One way to execute steps."""

    def check(self, images: Iterable[str]) -> None:
        """Raise unless steps of these images can be run."""

    def kfp_runner(self) -> Any:
        """Return KFP's runner of the same kind."""

    def command(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        """Return what to execute here for a command of an image; `variables` are the step's own."""


class SubprocessRunner:
    """Runs Python components by this interpreter, from the project's files."""

    def __init__(self, place: Place) -> None:
        self._root = place.root

    def check(self, images: Iterable[str]) -> None:
        """Need no image."""

    def kfp_runner(self) -> Any:
        """Return KFP's runner of processes."""
        from kfp import local

        return local.SubprocessRunner(use_venv=False)

    def command(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> list[str]:  # noqa: ARG002
        """Return the command of this interpreter."""
        return local_command(image, command, self._root)


def make_runner(name: RunnerName, place: Place) -> Runner:
    """Return the runner of that name."""
    return _RUNNERS[name](place)


def _docker(place: Place) -> Runner:
    from slipway.cli.local.container_runner import ContainerRunner

    return ContainerRunner(place)


_RUNNERS: dict[RunnerName, Callable[[Place], Runner]] = {
    RunnerName.SUBPROCESS: SubprocessRunner,
    RunnerName.DOCKER: _docker,
}
