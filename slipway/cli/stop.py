"""`slipway stop`: a run on Kubeflow Pipelines, stopped there."""

from __future__ import annotations

from typing import Annotated

import typer

from slipway.cli.kubeflow.client import Kubeflow
from slipway.settings import load_settings


def stop(
    run: Annotated[str, typer.Argument(help="Id or name of the run, as 'slipway submit' prints them.")],
) -> None:
    """Stop a run on Kubeflow Pipelines; its running steps are killed, finished ones are kept."""
    kubeflow = Kubeflow(load_settings(), lambda text: typer.echo(text, err=True))
    found = kubeflow.find_run(run)
    if found.state.is_over:
        typer.echo(f"{found.name} is over already: {found.state.lower()}.")
        return
    kubeflow.stop_run(found.run_id)
    typer.echo(f"Stopping {found.name}.")
