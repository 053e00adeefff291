"""Steps in the containers of their images, with the arguments that KFP's DockerRunner gives them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slipway.cli.local import container
from slipway.cli.local.command import is_python_component
from slipway.cli.local.runners import Place
from slipway.errors import ImageError
from slipway.images.engine import NETWORK, connected
from slipway.images.names import family_of

# Of the environment, what settings and credentials are called; the rest belongs to this machine.
_PASSED_PREFIXES = ("AWS_", "MLFLOW_", "OMP_", "SLIPWAY_")
_WRITABLE = "/tmp"  # noqa: S108 (in the container, a tmpfs of its own)


class ContainerRunner:
    """Runs each step in a container: the image's code, this machine's network and user, the home mounted."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def check(self, images: Iterable[str]) -> None:
        """Raise ImageError unless the engine has every image of the project's own."""
        from docker.errors import ImageNotFound

        with connected() as client:
            container.remove_stale(client)
            for image in images:
                try:
                    client.images.get(image)
                except ImageNotFound as error:
                    raise ImageError(
                        f"Image '{image}' is not on the engine",
                        cure=f"Build it: slipway images build {family_of(image)}",
                    ) from error

    def kfp_runner(self) -> Any:
        """Return KFP's runner of containers: the root file system read-only, the user the one who asks.

        The run's folders belong to this user, so another could not write a step's outputs.
        """
        from kfp import local

        return local.DockerRunner(**self._arguments())

    def command(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        """Return the command that runs a container to its end and shows what it says."""
        passed = [name for name in self._place.environment if name.startswith(_PASSED_PREFIXES)]
        spec = container.ContainerSpec(
            image=image,
            command=tuple(command),
            arguments=self._arguments(),
            mounts=self._mounts(),
            passed=tuple(sorted({*passed, *variables})),
            has_python=is_python_component(command),
        )
        return [sys.executable, "-P", "-m", container.__name__, spec.model_dump_json()]

    def _arguments(self) -> dict[str, Any]:
        return {
            "network_mode": NETWORK,
            "user": f"{os.getuid()}:{os.getgid()}",
            "read_only": True,
            "tmpfs": {_WRITABLE: "exec,mode=1777"},
        }

    def _mounts(self) -> dict[str, str]:
        from kfp.dsl.constants import WORKSPACE_MOUNT_PATH

        home = str(self._place.home)
        return {home: home, str(self._place.workspace): WORKSPACE_MOUNT_PATH}
