"""`slipway serve MODEL`: an endpoint on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated, NoReturn

import typer


def serve(
    model: Annotated[
        str, typer.Argument(help="bundle folder, models:/NAME@ALIAS, models:/NAME/VERSION or runs:/ID/PATH")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port")] = 8080,
    host: Annotated[str, typer.Option(help="address to listen on; 0.0.0.0 for all")] = "127.0.0.1",
    name: Annotated[str | None, typer.Option(help="the model's name in URLs; else the registered one")] = None,
) -> None:
    """Serve a model bundle over the Open Inference Protocol (REST), until Ctrl-C."""
    from slipway.cli.model_source import open_model
    from slipway.cli.ports import require_free_port
    from slipway.cli.server_process import ServerOptions, model_server

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        require_free_port(host, port)
        source = open_model(model, name)
        options = ServerOptions(source.bundle.path, source.name, source.version, host, port)
        with model_server(options, echo=True) as server:
            typer.echo(f"Serving {source.name} version {server.version} ({server.digest})")
            typer.echo(f"{server.url}/v2/models/{source.name}")
            typer.echo("Ctrl-C stops it.", err=True)
            server.wait()
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Let a service manager's SIGTERM end this command as Ctrl-C does."""
    raise KeyboardInterrupt
