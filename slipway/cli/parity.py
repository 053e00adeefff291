"""`slipway parity`: whether two runs made the same."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.text import Text

from slipway.cli.local.comparison import ComparedOutput, compare_runs
from slipway.cli.local.record import find_run
from slipway.cli.tables import print_table, short
from slipway.errors import RunsDifferError
from slipway.settings import load_settings

app = typer.Typer(help="Compare two runs by the content of what they made.", no_args_is_help=True)


@app.callback()
def _parity() -> None:
    """Compare two runs by the content of what they made."""


@app.command()
def diff(
    left: Annotated[str, typer.Argument(help="A run's name, as 'slipway runs' lists it, or its folder.")],
    right: Annotated[str, typer.Argument(help="The run to compare it with.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Compare two runs step by step, by the digests of what they made.

    Datasets, models and metrics must be the same; of other outputs a difference is only shown, for
    they may tell of times or of the registry. The exit code is 1 when the runs differ.
    """
    home = load_settings().home.resolve()
    compared = compare_runs(find_run(left, home), find_run(right, home))
    if as_json:
        rows = [{**one.model_dump(mode="json"), "same": one.same, "judged": one.judged} for one in compared]
        typer.echo(json.dumps(rows, indent=2))
    else:
        print_table(("STEP", "OUTPUT", "KIND", "FIRST", "SECOND", "OUTCOME"), [_row(one) for one in compared])
    judged = [one for one in compared if one.judged]
    different = [f"{one.step}.{one.output}" for one in judged if not one.same]
    if different:
        raise RunsDifferError(
            f"{len(different)} of {len(judged)} datasets, models and metrics differ: {', '.join(different)}",
            cure=f"Look at '{different[0].partition('.')[0]}' first: the others may follow from it.",
        )
    typer.echo(f"All {len(judged)} datasets, models and metrics are the same.", err=True)


def _row(one: ComparedOutput) -> tuple[str | Text, ...]:
    if one.same:
        outcome = Text("same", style="green")
    else:
        style, word = ("bold red", "differs") if one.judged else ("dim", "differs, not judged")
        outcome = Text(f"{word}: {one.detail}" if one.detail else word, style=style)
    first, second = (short(digest) if digest else "-" for digest in one.digests)
    return one.step, one.output, one.kind, first, second, outcome
