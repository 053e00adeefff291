"""The container engine: reached as its own command line reaches it, its refusals told with their cure."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slipway.errors import EngineError, ImageError

if TYPE_CHECKING:
    from docker import DockerClient

# Containers share this machine's network: a package index, a registry or a tracking server on
# 127.0.0.1 is reached as from here, and the engine needs no bridge.
NETWORK = "host"
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_CURES: tuple[tuple[type[Exception], str], ...] = (
    (PermissionError, "Let your user use it: add it to the group 'docker' and log in again."),
    (FileNotFoundError, "Start Docker, or set DOCKER_HOST to where an engine listens."),
    (ConnectionError, "Start Docker, or set DOCKER_HOST to where an engine listens."),
)


@contextmanager
def connected() -> Iterator[DockerClient]:
    """Yield a client of the engine that `DOCKER_HOST` and Docker's contexts name.

    Raises:
        EngineError: no engine answers there, it refuses this user, or it went away.
        ImageError: the engine refused a request; in its own words.
    """
    import docker
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException

    try:
        client = docker.from_env()
        client.ping()
    except (DockerException, OSError) as error:
        raise _unreachable(error) from error
    try:
        yield client
    except APIError as error:
        raise ImageError(f"Docker refused: {error.explanation or error}", cure="See its own message.") from error
    except RequestException as error:
        raise _unreachable(error) from error
    finally:
        client.close()


def size_of(client: DockerClient, image: str) -> int | None:
    """Return an image's size in bytes with all its layers, None when the engine does not have it."""
    from docker.errors import ImageNotFound

    try:
        return int(client.images.get(image).attrs["Size"])
    except ImageNotFound:
        return None


def _unreachable(error: Exception) -> EngineError:
    causes = list(_causes(error))
    cure = next((cure for kind, cure in _CURES if any(isinstance(cause, kind) for cause in causes)), "")
    return EngineError(
        f"No container engine answers at '{os.environ.get('DOCKER_HOST', _DEFAULT_HOST)}'",
        got=str(causes[-1]),
        cure=cure or "Correct DOCKER_HOST; 'docker version' should answer.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what is wrapped in it: urllib3 keeps the cause among the arguments."""
    yield error
    inner = next((part for part in error.args if isinstance(part, BaseException)), None)
    below = inner or error.__cause__ or error.__context__
    if below is not None:
        yield from _causes(below)
