import subprocess
import sys

import pytest
import yaml
from kfp import compiler, dsl

from slipway.cli.local.command import component_file, local_command
from slipway.errors import PipelineError

IMAGE = "example.org/ml/slipway-toy:0123"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "components" / "toy").mkdir(parents=True)
    (tmp_path / "components" / "toy" / "work.py").touch()
    return tmp_path


def compiled_command(component, tmp_path):
    target = tmp_path / "component.yaml"
    compiler.Compiler().compile(component, str(target))
    (executor,) = yaml.safe_load(target.read_text())["deploymentSpec"]["executors"].values()
    return [*executor["container"]["command"], *executor["container"]["args"]]


def test_component_with_an_image_is_run_from_its_file(root, tmp_path):
    @dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
    def work(n: int): ...

    command = local_command(IMAGE, compiled_command(work, tmp_path), root)
    assert command[0] == sys.executable
    assert command[command.index("--component_module_path") + 1] == str(root / "components" / "toy" / "work.py")
    assert command[command.index("--function_to_execute") + 1] == "work"
    assert "--executor_input" in command


def test_folder_one_stands_in_does_not_shadow_packages(root, tmp_path):
    (tmp_path / "kfp.py").write_text("raise SystemExit(9)")
    command = local_command(
        IMAGE, ["python3", "-m", "kfp.dsl.executor_main", "--function_to_execute", "work"], root
    )
    module = command.index("-m") + 2
    answer = subprocess.run(
        [*command[:module], "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert "KFP Component Executor" in answer.stdout


def test_lightweight_component_is_run_by_this_interpreter(root, tmp_path):
    @dsl.component(base_image="python:3.11-slim", install_kfp_package=False)
    def work(n: int): ...

    command = local_command("python:3.11-slim", compiled_command(work, tmp_path), root)
    assert any(sys.executable in part for part in command)


def test_container_component_is_refused(root):
    with pytest.raises(PipelineError, match="expected a Python component"):
        local_command("alpine:3", ["echo", "hello"], root)


def test_component_without_its_file_names_the_file(root):
    with pytest.raises(
        PipelineError, match="Component 'play' of image '.*' has no file: expected '.*toy/play.py'"
    ):
        component_file(IMAGE, "play", root)
