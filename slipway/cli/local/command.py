"""The command of a step on this machine, from the command it has in its image."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from slipway.cli.local import step
from slipway.errors import PipelineError
from slipway.images.names import family_of

_EXECUTOR = "kfp.dsl.executor_main"
_IN_IMAGE = ["python3", "-m", _EXECUTOR]  # what KFP compiles a component with a target_image to


def local_command(image: str, command: Sequence[str], root: Path) -> list[str]:
    """Return the command that runs a Python component by this interpreter.

    An image finds its component by a file made when it was built (`kfp_config.ini`); here the
    family's folder in the project is named outright.

    Raises:
        PipelineError: the component is not a Python component, or its file is missing.
    """
    if list(command[: len(_IN_IMAGE)]) == _IN_IMAGE:
        source = component_file(image, _function_of(command), root)
        rest = command[len(_IN_IMAGE) :]
        # -P: the folder one happens to stand in must not shadow an installed package
        return [sys.executable, "-P", "-m", step.__name__, "--component_module_path", str(source), *rest]
    if is_python_component(command):  # a lightweight component: a shell script around its source
        from kfp.local.subprocess_task_handler import replace_python_executable

        return list(replace_python_executable(list(command), sys.executable))
    raise PipelineError(
        f"Image '{image}' is run as a container, and there is no container here",
        expected="a Python component",
        cure="Make the step a @dsl.component, or run the pipeline in containers: --runner docker.",
    )


def is_python_component(command: Sequence[str]) -> bool:
    """Return whether a command starts KFP's executor of Python functions."""
    return any(_EXECUTOR in part for part in command)


def component_file(image: str, function: str, root: Path) -> Path:
    """Return `components/<family>/<function>.py`.

    Raises:
        PipelineError: there is no such file.
    """
    path = root / "components" / (family_of(image) or "") / f"{function}.py"
    if not path.is_file():
        raise PipelineError(
            f"Component '{function}' of image '{image}' has no file",
            expected=f"'{path}'",
            cure="Name the file after the component's function and its folder after the image's family.",
        )
    return path


def _function_of(command: Sequence[str]) -> str:
    return command[command.index("--function_to_execute") + 1]
