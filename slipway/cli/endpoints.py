"""`slipway endpoints`: what serves on the clusters of this project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from slipway.cli.tables import print_table, short
from slipway.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.deployment.endpoints import EndpointSummary


def endpoints(
    env: Annotated[str | None, typer.Option(help="environment to list; else all of infra/environments/")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List endpoints: URL, model, version, digest, replicas, traffic, and why one is not ready."""
    from slipway.cli.project import find_project_root
    from slipway.deployment.environments import list_environments

    root = find_project_root()
    found = _listed([env] if env else list_environments(root), root)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    elif found:
        header = ("ENVIRONMENT", "URL", "VERSION", "BUNDLE", "REPLICAS", "TRAFFIC", "STATUS")
        print_table(header, [_row(one) for one in found])
    else:
        typer.echo("There is no endpoint: 'slipway deploy models:/NAME@ALIAS --env ENV' makes one.", err=True)


def _listed(environments: list[str], root: Path) -> list[EndpointSummary]:
    """List each environment; one whose cluster is away hides no other, unless all are."""
    from slipway.deployment.endpoints import list_endpoints
    from slipway.deployment.site import Site

    found: list[EndpointSummary] = []
    failures: list[ClusterError] = []
    for name in environments:
        try:
            found += list_endpoints(Site.open(name, root))
        except ClusterError as error:
            failures.append(error)
    if failures and len(failures) == len(environments):
        raise failures[0]
    for failure in failures:
        typer.echo(f"Warning: {failure}", err=True)
    return found


def _row(one: EndpointSummary) -> tuple[str, ...]:
    return (
        one.environment,
        one.url or "-",
        one.version,
        short(one.digest),
        f"{one.replicas_ready}/{one.replicas_wanted}",
        "-" if one.traffic_percent is None else f"{one.traffic_percent} %",
        "ready" if one.is_ready else f"not ready: {one.reason or 'starting'}",
    )
