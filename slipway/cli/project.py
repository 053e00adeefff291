"""Where the project is, which pipelines it has, and how one is loaded."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slipway
from slipway.cli.kfp_import import import_kfp
from slipway.errors import PipelineError, SlipwayError, UsageError

PIPELINE_ATTRIBUTE = "pipeline"


@dataclass(frozen=True)
class PipelineFile:
    """A file under `pipelines/` that assigns or defines `pipeline`; read, never imported."""

    name: str
    path: Path
    summary: str
    parameters: dict[str, str]


def find_project_root(start: Path | None = None) -> Path:
    """Return the folder with `pipelines/` and `components/`, from `start` (default: here) upward.

    Outside any project it is the source tree Slipway was installed from in editable mode.

    Raises:
        UsageError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    source_tree = Path(slipway.__file__).resolve().parent.parent
    for folder in (here, *here.parents, source_tree):
        if (folder / "pipelines").is_dir() and (folder / "components").is_dir():
            return folder
    raise UsageError(
        f"No project found from '{here}' upward",
        expected="a folder with 'pipelines/' and 'components/' in it",
        cure="Change into the project's folder and run the command again.",
    )


def list_pipelines(root: Path) -> list[PipelineFile]:
    """Return the project's pipelines by name, from the source text alone: fast, and no import can fail."""
    files = sorted((root / "pipelines").glob("[!_.]*.py"))
    return [found for file in files if (found := _read_pipeline_file(file)) is not None]


def load_pipeline(name_or_path: str, root: Path) -> Any:
    """Import a pipeline by name (`flight_delay`) or path and return its KFP pipeline.

    Raises:
        UsageError: there is no such pipeline; lists those there are.
        PipelineError: the file cannot be imported, or its `pipeline` is no KFP pipeline.
    """
    path = find_pipeline(name_or_path, root)
    import_kfp()  # before the pipeline does it the slow way
    with _importable(root):
        module = _import_file(path)
    found = getattr(module, PIPELINE_ATTRIBUTE, None)
    if getattr(found, "pipeline_spec", None) is None:
        raise PipelineError(
            f"'{path}' holds no pipeline",
            expected=f"a function decorated with @dsl.pipeline and named '{PIPELINE_ATTRIBUTE}'",
            got="nothing of that name" if found is None else type(found).__name__,
            cure=f"Name the pipeline function '{PIPELINE_ATTRIBUTE}'.",
        )
    return found


def find_pipeline(name_or_path: str, root: Path) -> Path:
    """Return the file of a pipeline named `flight_delay`, `flight-delay` or by its path.

    Raises:
        UsageError: there is no such file; lists the names there are.
    """
    if name_or_path.endswith(".py"):
        candidates = [Path(name_or_path), root / name_or_path]
    else:
        candidates = [root / "pipelines" / f"{name_or_path.replace('-', '_')}.py"]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    names = ", ".join(found.name for found in list_pipelines(root)) or "none"
    raise UsageError(
        f"There is no pipeline '{name_or_path}'",
        expected=f"one of: {names}",
        cure=f"'slipway pipelines' lists those of '{root / 'pipelines'}'.",
    )


def _read_pipeline_file(path: Path) -> PipelineFile | None:
    try:
        tree = ast.parse(path.read_text())
    except SyntaxError as error:
        return PipelineFile(path.stem, path, f"cannot be read: {error.msg}, line {error.lineno}", {})
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == PIPELINE_ATTRIBUTE:
            summary = ast.get_docstring(statement) or ast.get_docstring(tree) or ""
            return PipelineFile(path.stem, path, _first_line(summary), _signature(statement.args))
        if isinstance(statement, ast.Assign) and PIPELINE_ATTRIBUTE in map(ast.unparse, statement.targets):
            return PipelineFile(path.stem, path, _first_line(ast.get_docstring(tree) or ""), {})
    return None


def _signature(arguments: ast.arguments) -> dict[str, str]:
    """Describe the parameters; KFP knows no keyword-only ones."""
    named = arguments.args
    defaults = [None] * (len(named) - len(arguments.defaults)) + list(arguments.defaults)
    return {argument.arg: _describe(argument, default) for argument, default in zip(named, defaults, strict=True)}


def _describe(argument: ast.arg, default: ast.expr | None) -> str:
    kind = ast.unparse(argument.annotation) if argument.annotation else "any"
    return f"{kind} = {ast.unparse(default)}" if default is not None else kind


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Put the project first on the path: its pipelines import `components.<family>.<step>`."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


def _import_file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"pipelines.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise PipelineError(f"'{path}' is no Python file", cure="Give the path of a pipeline's .py file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SlipwayError:
        raise
    except Exception as error:
        raise PipelineError(
            f"Pipeline '{path.stem}' cannot be built: {type(error).__name__}: {error}",
            cure=f"Correct '{path}'{_line_of(error, path)}; --debug shows the traceback.",
        ) from error
    return module


def _line_of(error: Exception, path: Path) -> str:
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f" at line {lines[-1]}" if lines else ""
