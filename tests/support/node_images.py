"""Images that only a test needs, built by the cluster's Docker engine and handed to its node."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import pytest

from tests.support.helm import CommandError, run

# What a push and a pull do elsewhere; it is handed out beside the checkout, with the cluster.
LOAD = Path(__file__).resolve().parents[3] / "shared/cluster/load"


@cache
def node_image(name: str, folder: Path) -> str:
    """Build the image of a folder as `registry.local/NAME` and return its tag; its content is its name."""
    if not (LOAD.is_file() and os.environ.get("DOCKER_HOST")):
        pytest.skip("an image has to be built for the node: DOCKER_HOST and ../shared/cluster/load are needed")
    content = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    tag = hashlib.sha256(content).hexdigest()[:12]
    image = f"registry.local/{name}:{tag}"
    if not _is_built(image):
        run(["docker", "build", "--quiet", "--network=host", "--tag", image, str(folder)])
    run([str(LOAD), image])
    return tag


def _is_built(image: str) -> bool:
    try:
        run(["docker", "image", "inspect", image])
    except CommandError:
        return False
    return True
