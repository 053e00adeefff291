"""Pushing an image to a registry by the engine, which knows the credentials of `docker login`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from slipway.errors import EngineError, ImageError

if TYPE_CHECKING:
    from docker import DockerClient

_Report = Callable[[str, int, int], None]
_REFUSED = re.compile(
    r"denied|unauthorized|authentication required|no basic auth|insufficient_scope", re.IGNORECASE
)
_PLAIN_HTTP = re.compile(r"(?i)HTTP response to HTTPS client|certificate|x509")
_AWAY = re.compile(
    r"no such host|connection refused|timeout|deadline|EOF|unreachable|reset by peer", re.IGNORECASE
)


def push_image(client: DockerClient, image: str, report: _Report) -> str:
    """Push an image and return its digest in the registry; `report` gets a layer, bytes sent and bytes in all.

    Raises:
        EngineError: the registry does not answer.
        ImageError: it refuses.
    """
    repository, _, tag = image.rpartition(":")
    answers = client.api.push(repository, tag=tag, stream=True, decode=True)
    return follow(answers, image, report)


def follow(answers: Iterable[Mapping[str, Any]], image: str, report: _Report) -> str:
    """Report a push's progress and return the digest the registry gave.

    Raises:
        EngineError: the registry does not answer.
        ImageError: it refuses.
    """
    digest = ""
    for answer in answers:
        if "error" in answer:
            raise _failed(image, str(answer["error"]))
        digest = answer.get("aux", {}).get("Digest", digest)
        progress = answer.get("progressDetail") or {}
        if "current" in progress:
            report(str(answer.get("id", "")), int(progress["current"]), int(progress.get("total", 0)))
    return digest


def _failed(image: str, said: str) -> ImageError:
    registry = image.partition("/")[0]
    if _REFUSED.search(said):
        cure = f"Log in with an account that may push there: docker login {registry}."
        return ImageError(f"Registry '{registry}' refused image '{image}'", got=said, cure=cure)
    if _PLAIN_HTTP.search(said):
        cure = "Let the engine trust it: its CA in /etc/docker/certs.d/, or 'insecure-registries' in daemon.json."
        return ImageError(f"Registry '{registry}' is not trusted by the engine", got=said, cure=cure)
    if _AWAY.search(said):
        cure = "Start it, or correct SLIPWAY_IMAGE_PREFIX."
        return EngineError(f"Registry '{registry}' does not answer", got=said, cure=cure)
    return ImageError(f"Image '{image}' cannot be pushed", got=said, cure="Correct what the registry says.")
