"""Images of the checkout on the cluster's nodes, as a push and a pull would bring them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.helm import CommandError, kubectl, run

ROOT = Path(__file__).resolve().parents[2]
# Hands an image of the Docker engine to the node. It belongs to the test cluster, not to the project.
LOAD = ROOT.parent / "shared/cluster/load"
PREFIX = "registry.local/"


@cache
def image_on_node(name: str) -> str:
    """Build an image of the checkout, unless a variable names one that the cluster can pull; skip where neither can be.

    Its tag says what is in it: what has not changed is neither built nor handed over again.
    """
    variable = f"SLIPWAY_TEST_{name.upper()}_IMAGE"
    if given := os.environ.get(variable):
        return given
    if not LOAD.is_file():
        pytest.skip(f"there is no way to the node for an image that is built here: set {variable}")
    slipway = Path(sys.executable).with_name("slipway")
    command = [str(slipway), "images", "build", name, "--json"]
    try:
        built = run(["env", f"--chdir={ROOT}", f"SLIPWAY_IMAGE_PREFIX={PREFIX}", *command])
    except CommandError as error:
        pytest.skip(f"the image cannot be built, and {variable} names none: {error}")
    image = str(json.loads(built)[0]["image"])
    if image not in _known_to_nodes():
        run([str(LOAD), image])
    return image


@cache
def node_image(name: str, folder: Path) -> str:
    """Build the image of a test's folder as `registry.local/NAME` and return its tag; its content is its name."""
    docker = shutil.which("docker")
    if not (docker and LOAD.is_file() and os.environ.get("DOCKER_HOST")):
        pytest.skip("an image has to be built for the node: DOCKER_HOST and ../shared/cluster/load are needed")
    content = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    tag = hashlib.sha256(content).hexdigest()[:12]
    image = f"{PREFIX}{name}:{tag}"
    if image not in _known_to_nodes():
        run([docker, "build", "--quiet", "--network=host", "--tag", image, str(folder)])
        run([str(LOAD), image])
    return tag


def image_values(image: str) -> dict[str, str]:
    """An image as the values of a chart."""
    repository, _, tag = image.rpartition(":")
    return {"repository": repository, "tag": tag}


def _known_to_nodes() -> set[str]:
    nodes = json.loads(kubectl("get", "nodes", "--output", "json"))["items"]
    images = (image for node in nodes for image in node["status"].get("images", []))
    return {name for image in images for name in image.get("names", [])}
