"""Install, upgrade, restart and uninstall, with the parts that can run here; in this order, on one release."""

import hashlib
import json

import pytest

from tests.support.cluster import find, leftovers, wait_for, wait_until
from tests.support.helm import helm, kubectl
from tests.support.kubeflow_release import STEP

pytestmark = pytest.mark.lengthy

TYPE = """
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as messages
import time

connection = messages.MetadataStoreClientConfig(host="metadata-grpc-service", port=8080)
for attempt in range(30):
    try:
        store = metadata_store.MetadataStore(connection)
        store.put_artifact_type(messages.ArtifactType(name="NAME"))
        break
    except Exception as error:
        print(error)
        time.sleep(2)
print("types:", sorted(one.name for one in store.get_artifact_types()))
"""

STORE = """
set -eu; umask 077
printf 'user = "%s:%s"\\n' "$ACCESS" "$SECRET" > /tmp/keys
store() {
  curl --config /tmp/keys --aws-sigv4 aws:amz:us-east-1:s3 --silent --show-error --fail \\
    --retry 20 --retry-delay 2 --retry-all-errors "$@" http://seaweedfs:9000/mlpipeline/v2/artifacts/one
}
"""


@pytest.fixture
def put_type(installed):
    """Registers a type of artifact with ML Metadata, as a step does."""

    def put(name):
        image = installed.image("deployment", "metadata-grpc-deployment")
        return installed.run(image, ["python", "-c", TYPE.replace("NAME", name)], STEP)

    return put


@pytest.fixture
def curl(installed, client):
    """Speaks with the store as a step does: with the keys of its Secret."""
    env = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": "mlpipeline-minio-artifact", "key": key}}}
        for name, key in (("ACCESS", "accesskey"), ("SECRET", "secretkey"))
    ]

    def run(command):
        return installed.run(client, ["sh", "-c", STORE + command], STEP, env)

    return run


def test_what_can_run_becomes_ready(installed):
    pods = find("pods", installed.namespace, "app.kubernetes.io/name=kubeflow-pipelines")
    ready = {
        one["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in pods
        if any(each["type"] == "Ready" and each["status"] == "True" for each in one["status"]["conditions"])
    }
    assert ready == {"database", "object-store", "metadata"}


def test_helm_test_sees_what_answers_and_what_is_refused(installed):
    said = helm("test", installed.name, "--namespace", installed.namespace, "--logs")
    assert "All answered." in said
    assert "All refused." in said


def test_metadata_lies_in_mariadb(installed, put_type):
    assert "before-restart" in put_type("before-restart")
    assert "before-restart" in installed.query("select name from metadb.Type")


def test_the_user_of_the_components_has_its_databases_alone(installed):
    granted = [one for one in installed.query("show grants") if " ON *.* " not in one]
    assert {one.split(" ON ")[1].split(" TO ")[0] for one in granted} == {"`mlpipeline`.*", "`metadb`.*"}
    assert installed.query('select count(*) from information_schema.schemata where schema_name = "mysql"') == ["0"]


def test_the_bucket_takes_what_a_step_writes(curl):
    digest = hashlib.sha256(b"kept").hexdigest()
    assert "kept" in curl(f"store --request PUT --data kept --header x-amz-content-sha256:{digest}; store")


def test_an_upgrade_keeps_the_secrets(installed):
    names = ("mysql-secret", "mlpipeline-minio-artifact")
    before = [installed.secret(name) for name in names]
    installed.helm("upgrade", "--set", "commonLabels.changed=yes")
    assert [installed.secret(name) for name in names] == before
    assert len(set(before[0].values())) == 3


def test_data_outlive_their_servers(installed, put_type, curl):
    kubectl("delete", "pod", "mysql-0", "seaweedfs-0", "--namespace", installed.namespace, "--now")
    for name in ("mysql-0", "seaweedfs-0"):
        wait_until(
            lambda name=name: any(one["metadata"]["name"] == name for one in find("pods", installed.namespace))
        )
        wait_for("pod", name, installed.namespace, "condition=Ready")
    assert "before-restart" in put_type("after-restart")
    assert "kept" in curl("store")


def test_a_rollback_becomes_ready(installed):
    helm("rollback", installed.name, "1", "--namespace", installed.namespace, "--wait", "--timeout=5m")
    labels = find("statefulsets", installed.namespace)[0]["metadata"]["labels"]
    assert "changed" not in labels


def test_a_new_password_is_taken_at_the_next_start(installed, put_type):
    patch = json.dumps({"stringData": {"password": "it's a new \\ one"}})
    kubectl("patch", "secret", "mysql-secret", "--namespace", installed.namespace, "--patch", patch)
    for one in ("statefulset/mysql", "deployment/metadata-grpc-deployment"):
        kubectl("rollout", "restart", one, "--namespace", installed.namespace)
        kubectl("rollout", "status", one, "--namespace", installed.namespace, "--timeout=180s")
    assert "before-restart" in put_type("new-password")


def test_uninstalling_leaves_the_volumes_and_nothing_else(installed):
    volumes = {"persistentvolumeclaim/data-mysql-0", "persistentvolumeclaim/data-seaweedfs-0"}
    helm("uninstall", installed.name, "--namespace", installed.namespace, "--wait")
    wait_until(lambda: leftovers(installed.namespace) == volumes)


def test_a_new_release_finds_its_data_with_new_passwords(installed, put_type, curl):
    installed.helm("install")
    assert "before-restart" in put_type("new-release")
    assert "kept" in curl("store")


def test_volumes_go_with_the_release_where_a_value_says_so(installed):
    installed.helm("upgrade", "--set", "database.whenDeleted=Delete,objectStore.whenDeleted=Delete")
    helm("uninstall", installed.name, "--namespace", installed.namespace, "--wait")
    wait_until(lambda: leftovers(installed.namespace) == set())
