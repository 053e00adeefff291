"""What the server lets whom do, inside the cluster and through the gateway."""

import base64
import os
import urllib.error
import urllib.request

import pytest

from slipway.errors import RegistryError
from slipway.registry.aliases import promote
from slipway.registry.resolve import fetch_bundle
from tests.cluster.mlflow.conftest import HOSTNAME
from tests.support.helm import helm
from tests.support.mlflow_release import NAME
from tests.support.ports import is_open
from tests.support.register_once import register_once

GATEWAY = os.environ.get("SLIPWAY_TEST_GATEWAY", "http://127.0.0.1:8088")


def ask(url, host=None, variables=None):
    """The status of a search for experiments."""
    request = urllib.request.Request(f"{url}/api/2.0/mlflow/experiments/search?max_results=1")
    if host:
        request.add_header("Host", host)
    if variables:
        pair = f"{variables['MLFLOW_TRACKING_USERNAME']}:{variables['MLFLOW_TRACKING_PASSWORD']}"
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_nobody_is_refused(url):
    assert ask(url) == 401


def test_a_client_registers_promotes_and_fetches_as_a_user(settings, user, bundle, name):
    user("pipelines")
    _, version = register_once(bundle, settings, name)
    promote(name, version, settings)
    found = fetch_bundle(f"models:/{name}@champion", settings)
    assert (found.version, found.bundle.digest) == (version, bundle.digest)


def test_a_reader_fetches_and_may_not_change(settings, user, bundle, name):
    user("pipelines")
    _, version = register_once(bundle, settings, name)
    user("reader")
    assert fetch_bundle(f"models:/{name}/{version}", settings).bundle.digest == bundle.digest
    with pytest.raises(RegistryError, match=r"403|[Pp]ermission"):
        promote(name, version, settings)


def test_inside_the_cluster_every_name_of_the_service_is_known(release):
    names = [NAME, f"{NAME}.{release.namespace}", f"{NAME}.{release.namespace}.svc.cluster.local"]
    code = f"""
import urllib.request
for name in {names}:
    answer = urllib.request.Request(f"http://{{name}}:5000/api/3.0/mlflow/server-info")
    try:
        status = urllib.request.urlopen(answer, timeout=20).status
    except urllib.error.HTTPError as error:
        status = error.code
    assert status != 403, (name, status)
"""
    succeeded, log = release.run_python("names", "import time; time.sleep(5)" + code)
    assert succeeded, log


def test_a_foreign_host_is_refused(release, url):
    assert ask(url, host="evil.example.com", variables=release.admin()) == 403


def test_the_gateway_leads_to_it(release):
    if not is_open(GATEWAY):
        pytest.skip(f"no gateway answers at {GATEWAY}: set SLIPWAY_TEST_GATEWAY")
    assert ask(GATEWAY, host=HOSTNAME) == 401
    assert ask(GATEWAY, host=HOSTNAME, variables=release.admin()) == 200


def test_the_chart_s_own_tests_pass(release):
    assert "Failed" not in helm("test", NAME, "--namespace", release.namespace)
