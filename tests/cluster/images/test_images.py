"""The images by the engine: what they hold, how large they are, as whom and on what they run."""

import json

import pytest

from tests.cluster.images.conftest import project_images

STEPS = ("collect", "evaluate", "release", "tabular")
FAMILIES = (*STEPS, "serving", "mlflow")
SLIM_BASE_BYTES = 130e6  # python:3.11-slim-bookworm; a base of another make may be larger
MOST_BYTES = {"serving": 350e6, "tabular": 900e6}
HARDENED = {"read_only": True, "network_mode": "none", "cap_drop": ["ALL"], "remove": True}
FAMILY_LIBRARIES = {
    "collect": "duckdb, pandas, boto3, slipway.data.collect",
    "evaluate": "matplotlib, pandas, sklearn, slipway.evaluation.evaluate, slipway.bundle.package",
    "release": "mlflow, boto3, cryptography, slipway.release.publish, slipway.registry.fetch",
    "tabular": "duckdb, optuna, pandera, sklearn, skl2onnx, xgboost, slipway.training.fit, slipway.data.query",
}


def run(engine, image, script, **arguments):
    said = engine.containers.run(image, ["sh", "-c", script], **{**HARDENED, "tmpfs": {"/tmp": ""}, **arguments})
    return said.decode().strip()


def test_second_build_builds_nothing(images):
    _, said = project_images("build")
    assert said.count("unchanged slipway-") == len(FAMILIES)
    assert "built" not in said
    states, _ = project_images("list")
    assert [state["family"] for state in states] == list(FAMILIES)
    assert all(state["built"] for state in states)


@pytest.mark.parametrize("family", MOST_BYTES)
def test_image_is_lean(images, family):
    assert images[family]["over_base_bytes"] + SLIM_BASE_BYTES <= MOST_BYTES[family]


@pytest.mark.parametrize("family", STEPS)
def test_step_image_runs_hardened_and_has_its_libraries(engine, images, family):
    script = (
        f"set -e; id -u; python3 -c 'import kfp, {FAMILY_LIBRARIES[family]}; print(kfp.__version__)'; touch here"
    )
    with pytest.raises(Exception, match="Read-only file system") as caught:
        run(engine, images[family]["image"], script)
    assert caught.value.exit_status == 1
    script = script.replace("touch here", "slipway --version")
    assert run(engine, images[family]["image"], script).splitlines() == ["1000", "2.17.0", "slipway 0.1.0"]


@pytest.mark.parametrize("family", STEPS)
def test_step_image_runs_as_any_user(engine, images, family):
    said = run(engine, images[family]["image"], "id -u; python3 -c 'import kfp; print(1)'", user="4321:4321")
    assert said.splitlines() == ["4321", "1"]


def test_server_s_image_runs_hardened_and_has_neither_kfp_nor_mlflow(engine, images):
    image = images["serving"]["image"]
    assert engine.images.get(image).attrs["Config"]["User"] == "65532:65532"
    script = "import importlib.util as u; print([u.find_spec(n) is None for n in ('kfp', 'mlflow', 'pandas')])"
    said = engine.containers.run(image, ["-c", script], entrypoint="python", **HARDENED).decode()
    assert said.strip() == "[True, True, True]"
    said = engine.containers.run(image, ["--help"], **HARDENED).decode()
    assert "--model-dir" in said


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_name_the_image_and_its_revision(engine, images, family):
    labels = engine.images.get(images[family]["image"]).labels
    assert labels["org.opencontainers.image.title"] == f"slipway-{family}"
    assert labels["dev.slipway.content"] == images[family]["image"]
    assert labels["org.opencontainers.image.revision"] not in {"", "unknown"}


@pytest.mark.parametrize("family", FAMILIES)
def test_code_is_the_smallest_layer_and_the_last(engine, images, family):
    layers = [layer["Size"] for layer in engine.images.get(images[family]["image"]).history() if layer["Size"]]
    code, dependencies, *_ = layers
    assert code < 20e6 < dependencies


def test_no_image_keeps_what_pip_was_told(engine, images):
    for state in images.values():
        history = json.dumps(engine.images.get(state["image"]).history())
        assert "PIP_INDEX_URL" not in history
