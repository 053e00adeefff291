import os
import sys

import pytest

from slipway.cli.local import container
from slipway.cli.local.container import ContainerSpec
from slipway.cli.local.runners import Place, RunnerName, make_runner

EXECUTOR = ["python3", "-m", "kfp.dsl.executor_main", "--function_to_execute", "work"]


@pytest.fixture
def place(tmp_path):
    environment = {
        "SLIPWAY_HOME": str(tmp_path),
        "AWS_SECRET_ACCESS_KEY": "hidden",
        "MLFLOW_TRACKING_TOKEN": "hidden",
        "PATH": "/here/bin",
        "PYTHONPATH": "/here",
    }
    return Place(root=tmp_path, home=tmp_path, workspace=tmp_path / "workspace", environment=environment)


@pytest.fixture
def runner(place):
    return make_runner(RunnerName.DOCKER, place)


def spec_of(command):
    assert command[:4] == [sys.executable, "-P", "-m", container.__name__]
    return ContainerSpec.model_validate_json(command[4])


def test_step_runs_its_image_s_own_command(runner):
    spec = spec_of(runner.command("slipway-toy:1", EXECUTOR, {}))
    assert (spec.image, list(spec.command), spec.has_python) == ("slipway-toy:1", EXECUTOR, True)
    assert not spec_of(runner.command("alpine:3", ["echo", "hello"], {})).has_python


def test_settings_and_credentials_pass_by_name_and_this_machine_s_paths_do_not(runner):
    command = runner.command("slipway-toy:1", EXECUTOR, {"STEP_OWN": "1"})
    assert spec_of(command).passed == (
        "AWS_SECRET_ACCESS_KEY",
        "MLFLOW_TRACKING_TOKEN",
        "SLIPWAY_HOME",
        "STEP_OWN",
    )
    assert "hidden" not in " ".join(command)


def test_home_is_where_it_is_here_and_the_workspace_where_kfp_says(runner, place):
    from kfp.dsl.constants import WORKSPACE_MOUNT_PATH

    mounts = spec_of(runner.command("slipway-toy:1", EXECUTOR, {})).mounts
    assert mounts == {str(place.home): str(place.home), str(place.workspace): WORKSPACE_MOUNT_PATH}


def test_arguments_are_those_of_kfp_s_runner(runner):
    arguments = runner.kfp_runner().container_run_args
    assert arguments == spec_of(runner.command("slipway-toy:1", EXECUTOR, {})).arguments
    assert arguments["user"] == f"{os.getuid()}:{os.getgid()}"
    assert arguments["network_mode"] == "host"
    assert arguments["read_only"]
