"""Stores that others keep, Secrets that others make, two servers, and backups in a bucket."""

import base64

import pytest

from slipway.registry.resolve import fetch_bundle
from tests.support.cluster import find, get
from tests.support.helm import helm, kubectl
from tests.support.mlflow_release import CHART, NAME, VALUES, Release, client_settings, image_options
from tests.support.port_forward import port_forward
from tests.support.register_once import register_once
from tests.support.registry_bundle import registry_bundle

pytestmark = pytest.mark.lengthy

STORES = "stores"  # another release, which here plays the part of a database and a store of somebody else
ADMIN = {"MLFLOW_TRACKING_USERNAME": "chief", "MLFLOW_TRACKING_PASSWORD": "a password, with $(signs) & 'quotes'"}
MAKE_BUCKET = """
import boto3
keys = {{"aws_access_key_id": "{access}", "aws_secret_access_key": "{secret}", "region_name": "us-east-1"}}
boto3.client("s3", endpoint_url="http://{host}:8333", **keys).create_bucket(Bucket="elsewhere")
"""
VALUES_OF_MINE = [
    "--set=replicas=2,auth.adminUsername=chief,auth.existingSecret=admin",
    f"--set=database.bundled=false,database.host={STORES}-{NAME}-postgresql,database.existingSecret=database",
    "--set=artifacts.bundled=false,artifacts.bucket=elsewhere,artifacts.existingSecret=artifacts",
    f"--set=artifacts.endpoint=http://{STORES}-{NAME}-seaweedfs:8333",
    "--set=backup.s3.bucket=elsewhere,backup.s3.existingSecret=artifacts",
    '--set-json=networkPolicy.stores=[{"podSelector":{}}]',
]


@pytest.fixture
def release(namespace, monkeypatch):
    options = ["--set=networkPolicy.enabled=false,backup.enabled=false", "--wait", "--timeout=6m"]
    helm("install", STORES, CHART, "--namespace", namespace, "--values", VALUES, *image_options(), *options)
    made = get("secret", f"{STORES}-{NAME}-made", namespace)["data"]
    keys = {key: base64.b64decode(value).decode() for key, value in made.items()}
    secret("admin", namespace, password=ADMIN["MLFLOW_TRACKING_PASSWORD"])
    secret("database", namespace, username="mlflow", password=keys["database-password"])
    secret("artifacts", namespace, **{name: keys[name] for name in ("access-key", "secret-key")})
    release = Release(namespace)
    host = f"{STORES}-{NAME}-seaweedfs"
    code = MAKE_BUCKET.format(host=host, access=keys["access-key"], secret=keys["secret-key"])
    succeeded, log = release.run_python("make-bucket", code)
    assert succeeded, log
    release.install(*VALUES_OF_MINE)
    for variable, value in ADMIN.items():
        monkeypatch.setenv(variable, value)
    return release


def secret(name, namespace, **values):
    literals = [f"--from-literal={key}={value}" for key, value in values.items()]
    kubectl("create", "secret", "generic", name, "--namespace", namespace, *literals)


def test_it_registers_backs_up_and_restores(release, tmp_path):
    selector = f"app.kubernetes.io/instance={NAME}"
    assert len(find("pods", release.namespace, f"{selector},app.kubernetes.io/component=server")) == 2
    assert find("statefulsets", release.namespace, selector) == []
    bundle = registry_bundle(tmp_path / "bundle")
    with port_forward(NAME, 5000, release.namespace) as url:
        register_once(bundle, client_settings(url, tmp_path / "home"), "tiny")
        succeeded, log = release.run_job("backup", "backup-now")
        assert succeeded, log
        register_once(
            registry_bundle(tmp_path / "other", weight=3.0), client_settings(url, tmp_path / "home"), "late"
        )
        succeeded, log = release.run_job("restore", "restore-latest")
        assert succeeded, log
        afresh = client_settings(url, tmp_path / "second")
        assert fetch_bundle("models:/tiny/1", afresh).bundle.digest == bundle.digest
