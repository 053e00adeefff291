"""`slipway pipelines`: what the project can run."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from slipway.cli.project import PipelineFile, find_project_root, list_pipelines
from slipway.cli.tables import print_table


def pipelines(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the project's pipelines with their parameters."""
    root = find_project_root()
    found = list_pipelines(root)
    if as_json:
        typer.echo(json.dumps([_facts(pipeline) for pipeline in found], indent=2))
    elif found:
        rows = [(p.name, ", ".join(p.parameters) or "-", p.summary) for p in found]
        print_table(("PIPELINE", "PARAMETERS", "SUMMARY"), rows)
    else:
        typer.echo(f"There is no pipeline in '{root / 'pipelines'}' yet.", err=True)


def _facts(pipeline: PipelineFile) -> dict[str, object]:
    return {
        "name": pipeline.name,
        "path": str(pipeline.path),
        "summary": pipeline.summary,
        "parameters": pipeline.parameters,
    }
