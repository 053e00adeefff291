"""A cluster behind a server of the test's own."""

import pytest

from slipway.cluster.connection import Cluster
from tests.support.kubernetes_api import kubernetes_api


@pytest.fixture
def api():
    with kubernetes_api() as serving:
        yield serving


@pytest.fixture
def cluster(api, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "kubeconfig")))
    return Cluster.connect()
