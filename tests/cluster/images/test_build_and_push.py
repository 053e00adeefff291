"""Building what fails, and pushing to a registry of the test's own."""

import json

import pytest

from tests.support.ports import closed_port
from tests.support.registry_server import registry_server
from tests.support.toy_images import make_toy_images, succeed, write_dockerfile, write_tiny


@pytest.fixture
def project(engine, images, tmp_path):
    project = make_toy_images(tmp_path, images["release"]["image"])
    write_tiny(project, str(tmp_path))
    yield project
    for image in engine.images.list():
        for tag in image.tags:
            if "slipway-tiny:" in tag or "slipway-toy:" in tag:
                engine.images.remove(tag, force=True)


@pytest.fixture
def registry():
    with registry_server() as server:
        yield server


def pushing_to(project, host):
    """The project with a registry in its `slipway.toml`."""
    (project.root / "slipway.toml").write_text(f'image_prefix = "{host}/team/"\n')
    return project


def test_failed_step_is_shown_with_its_last_lines(project):
    write_dockerfile(project, "tiny", "FROM debian:bookworm-slim\nRUN echo almost there \\\n    && exit 7\n")
    answer = project.slipway("images", "build", "tiny")
    assert answer.returncode == 1
    assert "almost there" in answer.stderr
    assert "step 2 of 3 failed, 'RUN echo almost there && exit 7'" in answer.stderr
    assert "got non-zero code: 7" in answer.stderr


def test_missing_base_says_how_to_name_another(project):
    write_dockerfile(project, "tiny", "ARG BASE=127.0.0.1:1/nothing:1\nFROM ${BASE}\n")
    answer = project.slipway("images", "build", "tiny")
    assert answer.returncode == 1
    assert "SLIPWAY_IMAGE_BASE" in answer.stderr


def test_pushed_image_is_in_the_registry_under_its_tag(project, registry):
    project = pushing_to(project, registry.host)
    (built,) = json.loads(succeed(project.slipway("images", "build", "tiny", "--json")).stdout)
    pushed = json.loads(succeed(project.slipway("images", "push", "tiny", "--json")).stdout)
    name = built["image"].removeprefix(f"{registry.host}/")
    assert pushed == {built["image"]: registry.digests[name]}
    layers = {layer["digest"] for layer in registry.manifests[name]["layers"]}
    assert layers
    assert layers <= registry.blobs


def test_image_built_under_another_prefix_only_gets_a_second_name(engine, project, registry):
    (first,) = json.loads(succeed(project.slipway("images", "build", "tiny", "--json")).stdout)
    answer = succeed(pushing_to(project, registry.host).slipway("images", "build", "tiny", "--json"))
    (second,) = json.loads(answer.stdout)
    assert second["image"] == f"{registry.host}/team/{first['image']}"
    assert "unchanged" in answer.stderr
    assert engine.images.get(first["image"]).id == engine.images.get(second["image"]).id


def test_image_that_is_not_built_is_not_pushed(project, registry):
    answer = pushing_to(project, registry.host).slipway("images", "push", "tiny")
    assert answer.returncode == 1
    assert "is not built. slipway images build tiny" in answer.stderr


def test_refused_push_says_to_log_in(project, registry):
    project = pushing_to(project, registry.host)
    succeed(project.slipway("images", "build", "tiny"))
    registry.refuses = True
    answer = project.slipway("images", "push", "tiny")
    assert answer.returncode == 1
    assert f"docker login {registry.host}" in answer.stderr


def test_registry_that_is_away_is_unreachable(project):
    with closed_port() as port:
        project = pushing_to(project, f"127.0.0.1:{port}")
        succeed(project.slipway("images", "build", "tiny"))
        answer = project.slipway("images", "push", "tiny")
    assert answer.returncode == 5
    assert "does not answer" in answer.stderr
    assert "SLIPWAY_IMAGE_PREFIX" in answer.stderr
