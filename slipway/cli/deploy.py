"""`slipway deploy MODEL --env NAME`: a registered version as an endpoint on a cluster."""

from __future__ import annotations

from typing import Annotated

import typer


def deploy(
    model: Annotated[str, typer.Argument(help="models:/NAME@ALIAS or models:/NAME/VERSION")],
    env: Annotated[str, typer.Option(help="environment: a folder of infra/environments/")],
    timeout_seconds: Annotated[float, typer.Option(min=1, help="bound of the wait for its replicas")] = 300.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the manifests and change nothing.")] = False,
) -> None:
    """Deploy a version, wait until it is ready, and ask it for the bundle's recorded example.

    If it is not ready in time, or answers otherwise than recorded, what served before is brought back.
    """
    from slipway.cli.project import find_project_root
    from slipway.cli.termination import interrupted_by_termination
    from slipway.deployment.deploy import deploy as make_endpoint
    from slipway.deployment.site import Site
    from slipway.deployment.wanted import resolve
    from slipway.settings import load_settings

    site = Site.open(env, find_project_root())
    wanted = resolve(model, site.namespace, load_settings())
    if dry_run:
        with site.values_files(wanted.endpoint, wanted.values) as values:
            typer.echo(site.helm.render(wanted.endpoint, site.chart, values))
        return
    _say(f"Deploying {wanted.facts} to {env}: namespace {site.namespace} of {site.cluster.address}")
    with interrupted_by_termination():
        url = make_endpoint(wanted, site, timeout_seconds, _say)
    typer.echo(f"{url}/v2/models/{wanted.facts.model}")
    if site.environment.gateway:
        _say(f"Where its host does not resolve, ask with --gateway {site.environment.gateway}")


def _say(text: str) -> None:
    typer.echo(text, err=True)
