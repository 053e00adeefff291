"""Images of the checkout on the cluster's nodes, as a push and a pull would bring them."""

from __future__ import annotations

import json
import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.support.helm import CommandError, kubectl, run

ROOT = Path(__file__).resolve().parents[2]
# Hands an image of the Docker engine to the node. It belongs to the test cluster, not to the project.
LOAD = ROOT.parent / "shared/cluster/load"
DOCKERFILES = {
    "serving": "serving/Dockerfile",
    "release": "components/release/Dockerfile",
    "mlflow": "infra/images/mlflow/Dockerfile",
}


@cache
def image_on_node(name: str) -> str:
    """Build an image, unless a variable names one that the cluster can pull; skip where neither can be.

    The tag is the image's own id: what has not changed is not handed over again.
    """
    variable = f"SLIPWAY_TEST_{name.upper()}_IMAGE"
    if given := os.environ.get(variable):
        return given
    docker, dockerfile = shutil.which("docker"), ROOT / DOCKERFILES[name]
    if not (docker and LOAD.is_file() and dockerfile.is_file()):
        pytest.skip(f"there is no {dockerfile.relative_to(ROOT)}, no Docker or no way to the node: set {variable}")
    try:
        built = run([docker, "build", "--quiet", "--network=host", "--file", str(dockerfile), str(ROOT)])
    except CommandError as error:
        pytest.skip(f"the image cannot be built, and {variable} names none: {error}")
    image = f"registry.local/slipway-test-{name}:{built.strip().removeprefix('sha256:')[:12]}"
    run([docker, "tag", built.strip(), image])
    if image not in _known_to_nodes():
        run([str(LOAD), image])
    return image


def image_values(image: str) -> dict[str, str]:
    """An image as the values of a chart."""
    repository, _, tag = image.rpartition(":")
    return {"repository": repository, "tag": tag}


def _known_to_nodes() -> set[str]:
    nodes = json.loads(kubectl("get", "nodes", "--output", "json"))["items"]
    images = (image for node in nodes for image in node["status"].get("images", []))
    return {name for image in images for name in image.get("names", [])}
