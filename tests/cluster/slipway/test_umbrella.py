"""The whole platform from one `helm install`, but for what has no image here; in this order, on one release."""

import pytest
import yaml

from tests.support.charts import copy_with_dependencies, read_yaml
from tests.support.cluster import find, leftovers, temporary_namespace, wait_until
from tests.support.helm import helm
from tests.support.kubeflow_release import STEP, Installed, client_image, node_values
from tests.support.mlflow_release import VALUES as MLFLOW_VALUES
from tests.support.node_images import image_on_node, image_values

VOLUMES = (
    "data-mysql-0",
    "data-seaweedfs-0",
    "data-mlflow-postgresql-0",
    "data-mlflow-seaweedfs-0",
    "mlflow-backups",
)


@pytest.fixture(scope="module")
def platform(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("platform")
    values = {
        "parts": {"serving": False},  # it is for the whole cluster, and tests of its own have it installed
        "kubeflow-pipelines": node_values(),
        "mlflow": {
            **read_yaml(MLFLOW_VALUES),
            "image": image_values(image_on_node("mlflow")),
        },
    }
    (folder / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    chart = copy_with_dependencies("slipway", folder / "charts")
    with temporary_namespace("umbrella") as namespace:
        release = Installed(namespace, folder / "values.yaml", "slipway", chart)
        release.helm("install")
        yield release


def test_one_install_makes_the_platform(platform):
    ready = {
        (labels["app.kubernetes.io/name"], labels["app.kubernetes.io/component"])
        for one in find("pods", platform.namespace, "app.kubernetes.io/part-of=slipway")
        for labels in [one["metadata"]["labels"]]
        if any(each["type"] == "Ready" and each["status"] == "True" for each in one["status"]["conditions"])
    }
    pipelines = {("kubeflow-pipelines", name) for name in ("database", "metadata", "object-store")}
    tracking = {("mlflow", name) for name in ("server", "postgresql", "seaweedfs")}
    assert ready == pipelines | tracking


def test_every_part_passes_its_own_test(platform):
    said = helm("test", "slipway", "--namespace", platform.namespace, "--timeout=5m")
    assert said.count("Phase:          Succeeded") == 4


def test_a_step_reaches_the_tracking_server_and_not_its_database(platform):
    ask = "curl --silent --fail --retry 9 --retry-delay 3 --retry-all-errors http://mlflow:5000/health"
    knock = "timeout 5 bash -c 'exec 3<>/dev/tcp/mlflow-postgresql/5432' 2>/dev/null && echo open || echo shut"
    said = platform.run(client_image(), ["bash", "-c", f"{ask}; echo; {knock}"], STEP)
    assert said.split() == ["OK", "shut"]


def test_uninstalling_leaves_the_data_and_nothing_else(platform):
    helm("uninstall", "slipway", "--namespace", platform.namespace, "--wait")
    kept = {"secret/mlflow-made", *(f"persistentvolumeclaim/{name}" for name in VOLUMES)}
    wait_until(lambda: leftovers(platform.namespace) == kept)
