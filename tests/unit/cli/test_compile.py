"""`slipway compile` and `slipway pipelines` by the real command line."""

import json

import pytest
import yaml

from slipway.images.tags import code_tag
from tests.support.toy import make_toy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_toy_project(tmp_path_factory.mktemp("toy"))


def images(text):
    executors = next(yaml.safe_load_all(text))["deploymentSpec"]["executors"]
    return {executor["container"]["image"] for executor in executors.values()}


def test_compile_writes_ir_with_images_pinned_to_the_code(project, tmp_path):
    target = tmp_path / "notes.yaml"
    answer = project.slipway("compile", "notes", "-o", str(target))
    assert answer.returncode == 0, answer.stderr
    pinned = f"slipway-toy:{code_tag(project.root, 'toy')}"
    assert images(target.read_text()) == {pinned}
    assert pinned in answer.stdout


def test_compile_writes_beside_the_caller_by_default(project):
    answer = project.slipway("compile", "pipelines/slow.py")
    assert answer.returncode == 0, answer.stderr
    assert images((project.root / "slow.yaml").read_text())


def test_compiled_ir_is_what_kfp_loads(project):
    from kfp.components import load_component_from_text

    text = project.slipway("compile", "notes", "-o", "-").stdout
    assert text.startswith("# PIPELINE DEFINITION")
    assert load_component_from_text(text).pipeline_spec.pipeline_info.name == "notes"


def test_given_parameters_become_the_defaults(project):
    arguments = ("-p", "count=7", "-p", 'candidates=["oak"]', "-p", "twice=true")
    text = project.slipway("compile", "notes", "-o", "-", *arguments).stdout
    parameters = next(yaml.safe_load_all(text))["root"]["inputDefinitions"]["parameters"]
    assert parameters["count"]["defaultValue"] == 7
    assert parameters["candidates"]["defaultValue"] == ["oak"]
    assert parameters["twice"]["defaultValue"] is True
    assert parameters["text"]["defaultValue"] == "a note"
    assert "count: int [Default: 7" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("nothing",),
            "There is no pipeline 'nothing': expected one of: fragile, fragile_loop, notes, patient, slow",
        ),
        (("notes", "-p", "cuont=3"), "has no parameter 'cuont'"),
        (("notes", "-p", "count=three"), "Parameter 'count' does not fit: expected int, got 'three'"),
    ],
)
def test_misuse_is_told_in_a_paragraph(project, arguments, message):
    answer = project.slipway("compile", *arguments)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_pipelines_lists_names_parameters_and_summaries(project):
    answer = project.slipway("pipelines", "--json")
    found = {one["name"]: one for one in json.loads(answer.stdout)}
    assert set(found) == {"fragile", "fragile_loop", "notes", "patient", "slow"}
    assert found["notes"]["summary"] == "Write a note and let two candidates read it at once."
    assert found["notes"]["parameters"]["count"] == "int = 3"
    table = project.slipway("pipelines").stdout
    assert "notes" in table
    assert "Write a note" in table


def test_runs_without_any_run_says_so(project):
    assert json.loads(project.slipway("runs", "--json").stdout) == []
    assert "No pipeline ran here yet" in project.slipway("runs").stderr
