"""`slipway compile`: the IR a cluster runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.ir import compile_ir
from slipway.cli.parameters import parse_assignments
from slipway.cli.project import find_project_root
from slipway.settings import load_settings
from slipway.storage import write_whole


def compile_pipeline(
    pipeline: Annotated[str, typer.Argument(help="Name (flight_delay) or path of the pipeline.")],
    output: Annotated[str, typer.Option("--output", "-o", help="File to write; '-' is standard output.")] = "",
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="key=value: another default for a parameter.")
    ] = None,
) -> None:
    """Compile a pipeline to KFP IR (YAML), its images pinned to the code they hold."""
    given = parse_assignments(parameter or [])
    settings = load_settings()
    compiled = compile_ir(
        pipeline,
        find_project_root(),
        image_prefix=settings.image_prefix,
        image_base=settings.image_base,
        given=given,
    )
    if output == "-":
        sys.stdout.write(compiled.text)
        return
    target = Path(output or f"{compiled.name}.yaml")
    write_whole(target, compiled.text)
    typer.echo(f"Compiled {compiled.name} to {target}.")
    for image in compiled.images.values():
        typer.echo(f"  {image}")
