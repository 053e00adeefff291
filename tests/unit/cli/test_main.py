import subprocess
import sys
from pathlib import Path

import pytest
import typer

from slipway.cli import main as main_module
from slipway.cli.lazy import LazyCommand
from slipway.cli.main import COMMANDS
from slipway.errors import DatasetError, EndpointError, ExitCode, StepFailedError
from tests.support.command import slipway

HEAVY = (
    "docker",
    "kfp",
    "mlflow",
    "pydantic",
    "onnx",
    "onnxruntime",
    "rich",
    "numpy",
    "pandas",
    "pyarrow",
    "sklearn",
    "yaml",
)


def raising(error):
    """A command table whose one command raises."""

    def command() -> None:
        raise error

    sys.modules["tests_raising"] = module = type(sys)("tests_raising")
    module.command = command
    return {"fail": ("tests_raising:command", "Fail.")}


@pytest.fixture
def fails_with(monkeypatch):
    def arrange(error, *options):
        monkeypatch.setattr(main_module, "COMMANDS", raising(error))
        return slipway(monkeypatch, *options, "fail")

    yield arrange
    sys.modules.pop("tests_raising", None)


def test_help_lists_every_command(monkeypatch):
    answer = slipway(monkeypatch, "--help")
    assert answer.code == ExitCode.OK
    for name, (_, summary) in COMMANDS.items():
        assert name in answer.out
        assert summary in answer.out


def test_help_imports_nothing_heavy():
    script = Path(sys.executable).with_name("slipway")
    command = [sys.executable, "-X", "importtime", str(script), "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in answer.stderr.splitlines()}
    assert "typer" in imported
    assert imported.isdisjoint(HEAVY)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_explains_itself(name, monkeypatch):
    answer = slipway(monkeypatch, name, "--help")
    assert answer.code == ExitCode.OK, answer.err
    assert f"slipway {name}" in answer.out


@pytest.mark.parametrize("name", ["run", "compile", "pipelines", "runs", "submit", "follow", "schedules"])
def test_command_modules_load_without_kfp(name):
    module = COMMANDS[name][0].partition(":")[0]
    code = f"import sys, {module}; sys.exit('kfp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_version_is_printed(monkeypatch):
    assert slipway(monkeypatch, "--version").out == "slipway 0.1.0\n"


@pytest.mark.parametrize("arguments", [(), ("rnu",), ("--wrong",), ("run",), ("run", "x", "--wrong")])
def test_misuse_exits_with_the_usage_code(arguments, monkeypatch):
    answer = slipway(monkeypatch, *arguments)
    assert answer.code == ExitCode.USAGE
    assert "Usage: slipway" in answer.err + answer.out


def test_mistyped_command_is_guessed(monkeypatch):
    assert "Did you mean 'run'?" in slipway(monkeypatch, "rnu").err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DatasetError("It broke", cure="Mend it."), ExitCode.BAD_DATA),
        (EndpointError("It broke"), ExitCode.UNREACHABLE),
    ],
)
def test_error_is_one_paragraph_and_its_class_s_code(error, code, fails_with):
    answer = fails_with(error)
    assert answer.code == code
    assert answer.err == f"Error: {error}\n"
    assert answer.out == ""


def test_unexpected_error_is_called_a_bug(fails_with):
    answer = fails_with(ZeroDivisionError("oops"))
    assert answer.code == ExitCode.FAILED
    assert answer.err.startswith("Error: slipway met a bug of its own: ZeroDivisionError: oops.")
    assert "--debug" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("error", [DatasetError("It broke"), ZeroDivisionError("oops")])
def test_debug_prints_the_traceback(error, fails_with):
    assert "in command\n    raise error" in fails_with(error, "--debug").err


def test_debug_is_taken_at_the_end_of_the_line_too(monkeypatch):
    monkeypatch.setattr(main_module, "COMMANDS", raising(DatasetError("It broke")))
    assert "Traceback" in slipway(monkeypatch, "fail", "--debug").err


def test_debug_prints_the_traceback_of_the_step(fails_with):
    error = StepFailedError(
        "It broke", cure="Mend it.", exit_code=ExitCode.BAD_DATA, traceback="Traceback of the step"
    )
    assert "Traceback of the step" in fails_with(error, "--debug").err
    assert "Traceback of the step" not in fails_with(error).err


def test_bug_in_a_step_shows_its_traceback_without_asking(fails_with):
    error = StepFailedError(
        "It broke", cure="", exit_code=ExitCode.FAILED, traceback="Traceback of it", is_bug=True
    )
    answer = fails_with(error)
    assert "Traceback of it" in answer.err
    assert answer.err.splitlines()[-1] == "Error: It broke."


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_interruption_exits_with_130(error, fails_with):
    assert fails_with(error).code == ExitCode.INTERRUPTED


def test_missing_library_names_the_extra(fails_with):
    answer = fails_with(ModuleNotFoundError("No module named 'kfp'", name="kfp"))
    assert answer.code == ExitCode.FAILED
    assert "pip install 'slipway[pipelines]'" in answer.err


def test_missing_module_of_ours_is_a_bug(fails_with):
    assert "bug of its own" in fails_with(ModuleNotFoundError("No module named 'x'", name="slipway.x")).err


def test_lazy_command_carries_a_typer_app_as_a_group():
    app = typer.Typer()
    app.command("list")(lambda: None)
    app.command("show")(lambda: None)
    sys.modules["tests_app"] = module = type(sys)("tests_app")
    module.app = app
    try:
        loaded = LazyCommand("models", "tests_app:app", "Models.").load()
        assert sorted(loaded.commands) == ["list", "show"]
    finally:
        del sys.modules["tests_app"]


def test_closed_pipe_does_not_show_a_traceback():
    script = Path(sys.executable).with_name("slipway")
    with subprocess.Popen([str(script), "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.close()
        assert b"Traceback" not in run.stderr.read()
