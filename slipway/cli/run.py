"""`slipway run`: a pipeline on this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.ir import compile_ir
from slipway.cli.local.record import RunRecord
from slipway.cli.local.runner import run_locally
from slipway.cli.local.runners import RunnerName
from slipway.cli.parameters import parse_assignments
from slipway.cli.project import find_project_root
from slipway.cli.revision import with_code_revision
from slipway.settings import load_settings


def run(
    pipeline: Annotated[str, typer.Argument(help="Name (flight_delay) or path of the pipeline.")],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="key=value; lists and dicts as JSON.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every step, whatever is cached.")] = False,
    runner: Annotated[
        RunnerName, typer.Option("--runner", help="Run steps as processes, or in the containers of their images.")
    ] = RunnerName.SUBPROCESS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's record as JSON at the end.")] = False,
) -> None:
    """Run a pipeline on this machine and follow its steps.

    The pipeline is compiled to the IR a cluster would run, and that IR runs here. Steps whose code,
    parameters and inputs have not changed are taken from the cache; a run that was stopped
    continues from there.
    """
    given = parse_assignments(parameter or [])
    root = find_project_root()
    settings = with_code_revision(load_settings(), root)
    compiled = compile_ir(
        pipeline, root, image_prefix=settings.image_prefix, image_base=settings.image_base, given=given
    )
    record = run_locally(compiled, root, settings, use_cache=not no_cache, runner=runner)
    if as_json:
        typer.echo(record.model_dump_json(indent=2))
    else:
        _print_summary(record, settings.home.resolve() / "runs" / record.run)


def _print_summary(record: RunRecord, folder: Path) -> None:
    ran, cached = record.count(cached=False), record.count(cached=True)
    typer.echo(f"{record.pipeline} done in {record.seconds:.1f} s: {ran} steps run, {cached} cached.")
    typer.echo(f"Run folder: {_short(folder)}")
    for name, value in record.outputs.items():
        typer.echo(f"  {name}: {value if isinstance(value, str) else json.dumps(value)}")


def _short(path: Path) -> str:
    """Return the shorter of the absolute and the relative path."""
    return min(str(path), os.path.relpath(path), key=len)
