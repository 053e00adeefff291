"""The chart, installed once for each file of tests in a namespace that takes only restricted pods."""

from pathlib import Path

import pytest

from tests.support.cluster import temporary_namespace
from tests.support.kubeflow_release import Installed
from tests.support.node_images import node_image

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def client(cluster):
    """An image with curl."""
    return f"registry.local/kfp-client:{node_image('kfp-client', HERE / 'images/client')}"


@pytest.fixture(scope="session")
def options(client):
    """The options of helm that name the images of the node, and those built for these tests."""
    metadata = node_image("kfp-metadata", HERE / "images/metadata")
    tags = f"client.image.tag={client.rpartition(':')[2]},metadata.image.tag={metadata}"
    return [f"--values={HERE / 'node-values.yaml'}", "--set-string", tags]


@pytest.fixture(scope="module")
def installed(options):
    with temporary_namespace("kubeflow") as namespace:
        release = Installed(namespace, options)
        release.helm("install")
        yield release
