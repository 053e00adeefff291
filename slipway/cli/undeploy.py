"""`slipway undeploy NAME --env NAME`: an endpoint and all that belongs to it, removed."""

from __future__ import annotations

from typing import Annotated

import typer


def undeploy(
    name: Annotated[str, typer.Argument(help="the endpoint's or its model's name")],
    env: Annotated[str, typer.Option(help="environment: a folder of infra/environments/")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    timeout_seconds: Annotated[float, typer.Option(min=1, help="bound of the wait until it is gone")] = 120.0,
) -> None:
    """Remove an endpoint with everything that was made for it, and wait until it is gone."""
    from slipway.cli.project import find_project_root
    from slipway.deployment.facts import endpoint_name
    from slipway.deployment.site import Site
    from slipway.deployment.stages import Stages
    from slipway.deployment.undeploy import removable
    from slipway.deployment.undeploy import undeploy as remove

    site = Site.open(env, find_project_root())
    endpoint = endpoint_name(name, site.namespace)
    what = ", ".join(f"{count} {kind}" for kind, count in sorted(removable(endpoint, site).items()))
    if not yes:
        typer.confirm(f"Remove '{endpoint}' from {env} ({what})?", abort=True, err=True)
    stages = Stages(1, lambda text: typer.echo(text, err=True))
    with stages.stage("remove"):
        remove(endpoint, site, timeout_seconds, stages.note)
    typer.echo(f"Removed '{endpoint}' from {env}: {what}.")
