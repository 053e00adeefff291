"""The process that stands for a step's container: it shows what the container says and ends as it ends.

Usage: python -P -m slipway.cli.local.container SPEC (a ContainerSpec as JSON)

In the container the step runs under the same guard as on this machine, tied to this process by the
container's standard input: the engine closes it when this process dies, by whatever signal, and no
step survives its run. An image without Python runs its command bare, and is stopped by the engine.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

from slipway.cli.local import guard
from slipway.frozen import Frozen
from slipway.images.engine import connected

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

LABEL = "dev.slipway.step"
_STALE_AFTER = "24h"
_GUARD = "/run/slipway-guard.py"
# The guard gets the container's standard input as its control, the step an empty one.
_GUARDED = ("sh", "-c", 'exec 3<&0 </dev/null; exec python3 -I -S "$0" 3 "$@"', _GUARD)


class ContainerSpec(Frozen):
    """What to run. `mounts` is path here -> path inside; `passed` names variables of this environment."""

    image: str
    command: tuple[str, ...]
    arguments: dict[str, Any]
    mounts: dict[str, str]
    passed: tuple[str, ...]
    has_python: bool


def remove_stale(client: DockerClient) -> None:
    """Remove what stopped long ago and nobody removed: the containers of runs that were killed."""
    from docker.errors import APIError

    with suppress(APIError):  # the engine prunes already, for somebody else
        client.containers.prune(filters={"label": LABEL, "until": _STALE_AFTER})


def run_container(spec: ContainerSpec) -> int:
    """Run a container to its end and remove it; return its exit code.

    Raises:
        ImageError: the engine refuses.
        EngineError: no engine answers.
    """
    with connected() as client:
        container = _create(client, spec)
        try:
            return _follow(client, container, guarded=spec.has_python)
        finally:
            container.remove(force=True)


def _create(client: DockerClient, spec: ContainerSpec) -> Container:
    volumes = {source: {"bind": target, "mode": "rw"} for source, target in spec.mounts.items()}
    if spec.has_python:
        volumes[str(guard.__file__)] = {"bind": _GUARD, "mode": "ro"}
    return client.containers.create(
        spec.image,
        [*_GUARDED, *spec.command] if spec.has_python else list(spec.command),
        environment={name: os.environ[name] for name in spec.passed if name in os.environ},
        labels={LABEL: ""},
        stdin_open=True,
        volumes=volumes,
        **spec.arguments,
    )


def _follow(client: DockerClient, container: Container, *, guarded: bool) -> int:
    control = client.api.attach_socket(container.id, params={"stdin": 1, "stream": 1})
    said = container.attach(stdout=True, stderr=True, stream=True, logs=True)
    container.start()
    _on_termination(lambda: os.write(control.fileno(), guard.TERMINATE) if guarded else container.kill("SIGTERM"))
    for piece in said:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return int(container.wait()["StatusCode"])


def _on_termination(stop: Callable[[], object]) -> None:
    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        stop()

    signal.signal(signal.SIGTERM, handle)


def main() -> int:
    """Run the container that the command line describes; end as it ended, by its signal if by one."""
    code = run_container(ContainerSpec.model_validate_json(sys.argv[1]))
    return guard.exit_like(128 - code if code > 128 else code)


if __name__ == "__main__":
    sys.exit(main())
