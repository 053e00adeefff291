"""`slipway predict TARGET ROWS`: ask an endpoint, or a bundle through a server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slipway.errors import UsageError

if TYPE_CHECKING:
    from slipway.bundle.bundle import Bundle
    from slipway.cli.rows import Rows
    from slipway.endpoint.client import Endpoint

TABLE_ROWS = 20


def predict(  # noqa: PLR0913, PLR0917 (each is an option)
    target: Annotated[
        str, typer.Argument(help="URL of an endpoint, bundle folder, models:/NAME@ALIAS, runs:/ID/PATH")
    ],
    rows: Annotated[Path | None, typer.Argument(help="CSV, Parquet or JSON file; JSON may be a request")] = None,
    name: Annotated[str | None, typer.Option(help="the model's name, where the URL does not say it")] = None,
    gateway: Annotated[
        str, typer.Option(metavar="URL", help="where to connect if the URL's host does not resolve")
    ] = "",
    example: Annotated[bool, typer.Option("--example", help="Ask for the bundle's own example.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"First rows to ask for; {TABLE_ROWS} for a table, all for JSON")
    ] = None,
) -> None:
    """Print the predictions of a model for the rows of a file."""
    from slipway.cli import predictions
    from slipway.cli.rows import first_rows, require_readable

    _check_choice(target, rows, example)
    if rows is not None:
        require_readable(rows)  # before a server is started for nothing
    with _open(target, name, gateway) as (endpoint, bundle):
        asked = _rows(endpoint, bundle, rows)
        count = len(asked[0].values)
        shown = limit or (count if as_json else TABLE_ROWS)
        found = predictions.ask(endpoint, first_rows(asked, shown))
    if as_json:
        typer.echo(predictions.as_json(found))
        return
    predictions.print_predictions(found)
    _say_what_is_left_out(count - shown, predictions.hidden_inputs(found))


def _check_choice(target: str, rows: Path | None, example: bool) -> None:
    if (rows is not None) == example:
        raise UsageError(
            "It is not clear which rows to predict",
            expected="a file of rows or --example",
            got="both" if example else "neither",
            cure="Give one of them.",
        )
    if example and _is_url(target):
        raise UsageError(
            "An endpoint does not tell its bundle's example",
            cure="Give a file of rows, or name the bundle instead of the URL.",
        )


@contextmanager
def _open(target: str, name: str | None, gateway: str) -> Iterator[tuple[Endpoint, Bundle | None]]:
    from slipway.endpoint.client import Endpoint

    if _is_url(target):
        yield Endpoint.at(target, name, gateway), None
        return
    from slipway.cli.model_source import open_model
    from slipway.cli.server_process import ServerOptions, model_server

    source = open_model(target, name)
    with model_server(ServerOptions(source.bundle.path, source.name, source.version)) as server:
        yield Endpoint(server.url, source.name), source.bundle


def _rows(endpoint: Endpoint, bundle: Bundle | None, rows: Path | None) -> Rows:
    from slipway.cli.rows import read_rows, request_rows

    if rows is not None:
        return read_rows(rows, endpoint.signature())
    assert bundle is not None  # noqa: S101 (an endpoint with --example is refused above)
    return request_rows(bundle.input_example, "input_example.json")


def _is_url(target: str) -> bool:
    return target.startswith(("http://", "https://"))


def _say_what_is_left_out(rows: int, inputs: int) -> None:
    if rows > 0:
        typer.echo(f"{rows:,} more rows: see them with --limit or --json.", err=True)
    if inputs:
        typer.echo(f"{inputs} more inputs: see them with --json.", err=True)
