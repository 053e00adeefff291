"""The chart, installed once for each file of tests in a namespace that takes only restricted pods."""

import pytest
import yaml

from tests.support.cluster import temporary_namespace
from tests.support.kubeflow_release import Installed, client_image, node_values


@pytest.fixture(scope="session")
def client(cluster):
    """An image with curl."""
    return client_image()


@pytest.fixture(scope="module")
def installed(client, tmp_path_factory):
    values = tmp_path_factory.mktemp("kubeflow") / "values.yaml"
    values.write_text(yaml.safe_dump(node_values()), encoding="utf-8")
    with temporary_namespace("kubeflow") as namespace:
        release = Installed(namespace, values)
        release.helm("install")
        yield release
