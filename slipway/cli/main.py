"""The `slipway` command: one line a command, loaded when it is called.

Exit codes are `slipway.errors.ExitCode`. Standard output carries what was asked for, standard
error everything else.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

from slipway import __version__
from slipway.cli.lazy import LazyCommand
from slipway.errors import ExitCode, PipelineError, SlipwayError, StepFailedError

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("slipway.cli.run:run", "Run a pipeline on this machine and follow its steps."),
    "compile": ("slipway.cli.compile:compile_pipeline", "Compile a pipeline to KFP IR, its images pinned."),
    "submit": ("slipway.cli.submit:submit", "Run a pipeline on Kubeflow Pipelines and follow its steps."),
    "follow": ("slipway.cli.follow:follow", "Follow a run on Kubeflow Pipelines that was submitted before."),
    "stop": ("slipway.cli.stop:stop", "Stop a run on Kubeflow Pipelines."),
    "schedules": ("slipway.cli.schedules:app", "Reconcile or list the recurring runs on Kubeflow Pipelines."),
    "pipelines": ("slipway.cli.pipelines:pipelines", "List the project's pipelines."),
    "images": ("slipway.cli.images:app", "Build, list or push the images of steps and server."),
    "runs": ("slipway.cli.runs:runs", "List the runs made on this machine."),
    "parity": ("slipway.cli.parity:app", "Compare two runs by the content of what they made."),
    "models": ("slipway.cli.models:app", "List registered models, or show one version by version."),
    "bundle": ("slipway.cli.bundle:app", "Sign a bundle, or check a bundle's signature."),
    "serve": ("slipway.cli.serve:serve", "Serve a model bundle over the Open Inference Protocol."),
    "predict": ("slipway.cli.predict:predict", "Ask a bundle or an endpoint for predictions."),
    "deploy": ("slipway.cli.deploy:deploy", "Make a registered model an endpoint on a cluster."),
    "endpoints": ("slipway.cli.endpoints:endpoints", "List the endpoints on a cluster."),
    "undeploy": ("slipway.cli.undeploy:undeploy", "Remove an endpoint from a cluster."),
    "why": ("slipway.cli.why:why", "Explain where a model version came from and what judged it."),
    "doctor": ("slipway.cli.doctor:doctor", "Check that this machine, or a cluster, has what Slipway needs."),
}

# What an image may leave out, and the extra of the package that brings it.
_EXTRAS = {
    "kfp": "pipelines",
    "kfp_server_api": "pipelines",
    "sklearn": "tabular",
    "pandas": "tabular",
    "optuna": "tabular",
    "xgboost": "tabular",
    "duckdb": "tabular",
    "matplotlib": "evaluate",
    "uvloop": "serving",
    "boto3": "s3",
    "httpx2": "cluster",
    "lightkube": "cluster",
    "cryptography": "sign",
    "docker": "images",
}


def main() -> int:
    """Run the command line on `sys.argv` and return the process's exit code."""
    arguments, debug = _without_debug(sys.argv[1:])
    try:
        return _answer(arguments)
    except SlipwayError as error:
        return _report(error, debug=debug)
    except (KeyboardInterrupt, typer.Abort):
        _say("Interrupted.")
        return ExitCode.INTERRUPTED
    except ModuleNotFoundError as error:
        return _report(_missing_extra(error), debug=debug) if error.name in _EXTRAS else _bug(error, debug=debug)
    except Exception as error:
        return _bug(error, debug=debug)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"slipway {__version__}")
        raise typer.Exit


def command_line() -> TyperGroup:
    """Build the command group; no command's module is imported."""
    app = typer.Typer(name="slipway", rich_markup_mode=None, no_args_is_help=True)
    app.callback()(_options)
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101 (typer makes a group of every app with a callback)
    for name, (target, summary) in COMMANDS.items():
        group.add_command(LazyCommand(name, target, summary))
    return group


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and stop."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")] = False,
) -> None:
    """Take a model from data to a proven endpoint."""


def _answer(arguments: Sequence[str]) -> int:
    try:
        code = command_line().main(list(arguments), prog_name="slipway", standalone_mode=False)
    except typer.TyperException as error:
        error.show() if hasattr(error, "show") else _say(f"Error: {error.format_message()}")
        return ExitCode.USAGE
    return code if isinstance(code, int) else ExitCode.OK


def _without_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Take `--debug` out wherever it stands before a `--`: people add it at the end."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    head = [argument for argument in arguments[:end] if argument != "--debug"]
    return head + list(arguments[end:]), len(head) != end


def _missing_extra(error: ModuleNotFoundError) -> SlipwayError:
    extra = _EXTRAS[str(error.name)]
    wrapped = PipelineError(
        f"This command needs '{error.name}', which is not installed",
        cure=f"Install the extra that brings it: pip install 'slipway[{extra}]'.",
    )
    wrapped.__cause__ = error
    return wrapped


def _report(error: SlipwayError, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    if isinstance(error, StepFailedError) and error.traceback and (debug or error.is_bug):
        _say(f"\nThe step said last:\n\n{error.traceback}\n")
    _say(f"Error: {error}")
    return error.exit_code


def _bug(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    hint = "" if debug else " Run it again with --debug to see where, and report it."
    _say(f"Error: slipway met a bug of its own: {type(error).__name__}: {error}.{hint}")
    return ExitCode.FAILED


def _say(text: str) -> None:
    typer.echo(text, err=True)
