"""What stands in infra/environments is what the charts and the platform take."""

from pathlib import Path

import pytest

from tests.support.charts import FOLDER, ROOT, objects_of, read_yaml
from tests.support.helm import template

ENVIRONMENTS = ROOT / "infra/environments"
MODELS = sorted(ENVIRONMENTS.glob("*/models/*.yaml"))


def name(path: Path) -> str:
    return f"{path.parts[-3]}-{path.stem}"


def test_the_platform_knows_every_environment(values):
    assert {path.name for path in ENVIRONMENTS.iterdir() if path.is_dir()} == set(values["environments"])


@pytest.mark.parametrize("environment", sorted(path.name for path in ENVIRONMENTS.iterdir() if path.is_dir()))
def test_people_and_argo_cd_deploy_to_the_same_place(environment, values):
    path = ENVIRONMENTS / environment / "environment.yaml"
    if not path.is_file():
        pytest.skip(f"'slipway deploy' has no {path.name} for '{environment}'")
    settings = read_yaml(path)
    assert settings["namespace"] == values["environments"][environment]["namespace"]
    shared = read_yaml(path.with_name("values.yaml"))
    assert all(shared.get(key) == value for key, value in settings.get("values", {}).items())


def test_the_runtime_guards_every_environment(values):
    guarded = values["applications"]["serving-runtime"]["values"]["networkPolicy"]["namespaces"]
    assert guarded == [one["namespace"] for one in values["environments"].values()]


def test_namespaces_take_only_restricted_pods(rendered, values):
    labels = {one["metadata"]["name"]: one["metadata"]["labels"] for one in objects_of(rendered, "Namespace")}
    assert set(labels) == {one["namespace"] for one in values["environments"].values()}
    for own in labels.values():
        assert {own[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {
            "restricted"
        }


def test_a_model_is_a_file_in_the_folder_itself():
    nested = [path for path in ENVIRONMENTS.glob("*/models/*/**/*") if path.is_file()]
    other = [path for path in ENVIRONMENTS.glob("*/models/*") if path.suffix == ".yml"]
    assert nested + other == []


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_a_model_makes_an_endpoint(path):
    model = read_yaml(path)["model"]
    assert model["name"]
    assert model["uri"]
    shared = path.parents[1] / "values.yaml"
    rendered = template(FOLDER / "endpoint", [shared, path], path.stem, "default")
    (service,) = objects_of(tuple(rendered), "InferenceService")
    assert service["metadata"]["name"] == path.stem


def test_prod_and_staging_pin_what_they_serve():
    for path in MODELS:
        if path.parts[-3] != "dev":
            assert read_yaml(path)["model"].get("digest"), f"{path} names no digest"


def test_there_is_a_model_to_look_at():
    assert "dev-flight-delay" in {name(path) for path in MODELS}
