"""`slipway models`: what the registry holds."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from slipway.cli.tables import print_table, short
from slipway.registry.catalogue import ModelSummary, VersionSummary, list_models, list_versions
from slipway.settings import load_settings

app = typer.Typer(help="List registered models and their versions.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_registered(as_json: _Json = False) -> None:
    """List the registered models and which version each alias names."""
    models = list_models(load_settings())
    if as_json:
        typer.echo(json.dumps([model.model_dump(mode="json") for model in models], indent=2))
    elif models:
        print_table(("MODEL", "ALIASES", "UPDATED"), [_model_row(model) for model in models])
    else:
        typer.echo("No model is registered yet: 'slipway run PIPELINE' registers one.", err=True)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The registered model's name.")], as_json: _Json = False
) -> None:
    """Show every version of a model: aliases, digest, parity and the run it came from."""
    versions = list_versions(name, load_settings())
    if as_json:
        typer.echo(json.dumps([version.model_dump(mode="json") for version in versions], indent=2))
        return
    print_table(
        ("VERSION", "ALIASES", "BUNDLE", "RUN", "CREATED", "DESCRIPTION"),
        [_version_row(version) for version in versions],
    )


def _model_row(model: ModelSummary) -> tuple[str, str, str]:
    aliases = ", ".join(f"{alias}={version}" for alias, version in model.aliases.items())
    return model.name, aliases or "-", f"{model.updated_at:%Y-%m-%d %H:%M} UTC"


def _version_row(version: VersionSummary) -> tuple[str, ...]:
    return (
        version.version,
        ", ".join(version.aliases) or "-",
        short(version.digest) or "not Slipway's",
        version.run_id or "-",
        f"{version.created_at:%Y-%m-%d %H:%M} UTC",
        version.description,
    )
