"""`slipway runs`: the runs made on this machine."""

from __future__ import annotations

import json
import textwrap
from typing import Annotated

import typer

from slipway.cli.local.record import RunRecord, list_runs
from slipway.cli.tables import print_table
from slipway.settings import load_settings

ERROR_WIDTH = 100


def runs(
    pipeline: Annotated[str, typer.Option("--pipeline", help="Only runs of this pipeline.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every step.")] = False,
) -> None:
    """List the runs made on this machine, the newest first."""
    home = load_settings().home.resolve()
    records = [record for record in list_runs(home) if pipeline in {"", record.pipeline}]
    if as_json:
        typer.echo(json.dumps([record.model_dump(mode="json") for record in records], indent=2))
        return
    if not records:
        typer.echo("No pipeline ran here yet: 'slipway run PIPELINE' runs one.", err=True)
        return
    columns = ("RUN", "STATUS", "STARTED (UTC)", "SECONDS", "RUN/CACHED/ALL STEPS", "ERROR")
    print_table(columns, [_row(record) for record in records])


def _row(record: RunRecord) -> tuple[str, ...]:
    steps = f"{record.count(cached=False)}/{record.count(cached=True)}/{len(record.steps)}"
    error = textwrap.shorten(record.error or "", ERROR_WIDTH, placeholder=" …")  # --json has it whole
    started = f"{record.started:%Y-%m-%d %H:%M:%S}"
    return record.run, str(record.status), started, f"{record.seconds:.1f}", steps, error
