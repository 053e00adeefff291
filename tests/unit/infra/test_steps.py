"""Where steps of the dev environment find the registry: what the umbrella chart makes."""

from urllib.parse import urlsplit

from slipway.cli.kubeflow.placement import read_placement
from tests.support.charts import FOLDER, ROOT, read_yaml
from tests.support.helm import template


def test_steps_of_dev_log_in_to_the_registry_of_the_umbrella(tmp_path):
    placed = read_placement(ROOT, "dev").of("register_model")
    (secret,) = placed.secrets
    (key,) = secret.variables
    assert secret.variables[key] == "MLFLOW_TRACKING_PASSWORD"

    name = read_yaml(FOLDER / "slipway/values.yaml")["mlflow"]["fullnameOverride"]
    made = template(FOLDER / "mlflow", [], "slipway", "slipway", f"--set=fullnameOverride={name}")
    found = {(one["kind"], one["metadata"]["name"]): one for one in made}
    content = found["Secret", secret.name]
    assert key in {**content.get("data", {}), **content.get("stringData", {})}
    address = urlsplit(placed.variables["SLIPWAY_TRACKING_URI"])
    assert address.port in {port["port"] for port in found["Service", address.hostname]["spec"]["ports"]}
