"""What every component file must be, so that one image a family runs it without network."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted(path for path in (ROOT / "components").glob("*/*.py") if path.name != "__init__.py")


def function_of(file: Path) -> ast.FunctionDef:
    (found,) = (node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_component_is_a_thin_function_named_like_its_file(file: Path) -> None:
    function = function_of(file)
    assert function.name == file.stem
    docstring, *body = function.body
    assert isinstance(docstring, ast.Expr)
    assert body[-1].end_lineno - body[0].lineno < 20


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_component_names_its_familys_image_and_installs_nothing(file: Path) -> None:
    module = importlib.import_module(f"components.{file.parent.name}.{file.stem}")
    component = getattr(module, file.stem)
    container = component.component_spec.implementation.container
    assert container.image == f"slipway-{file.parent.name}"
    command = " ".join([*container.command, *map(str, container.args)])
    assert "pip" not in command
    assert "kfp.dsl.executor_main" in command


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_component_file_imports_only_kfp_the_core_and_the_standard_library(file: Path) -> None:
    import sys

    allowed = {"kfp", "slipway", *sys.stdlib_module_names}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert (node.module or "").partition(".")[0] in allowed
        elif isinstance(node, ast.Import):
            assert {name.name.partition(".")[0] for name in node.names} <= allowed
