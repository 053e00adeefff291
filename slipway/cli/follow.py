"""`slipway follow`: a run that was submitted before."""

from __future__ import annotations

from typing import Annotated

import typer

from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.record import SubmittedRun
from slipway.cli.kubeflow.submission import run_folder
from slipway.cli.kubeflow.upload import Versions, pipeline_name
from slipway.cli.kubeflow.watch import follow_to_end
from slipway.settings import load_settings


def follow(
    run: Annotated[str, typer.Argument(help="Id or name of the run, as 'slipway submit' prints them.")],
    logs: Annotated[bool, typer.Option("--logs", help="Print what the steps say as they say it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON at the end.")] = False,
) -> None:
    """Follow a run on Kubeflow Pipelines to its end, whoever submitted it."""
    settings = load_settings()
    kubeflow = Kubeflow(settings, lambda text: typer.echo(text, err=True))
    found = kubeflow.find_run(run)
    version = found.version
    document = Versions(kubeflow).spec(version) if version else {}
    submitted = SubmittedRun(
        run=found.run_id,
        name=found.name,
        pipeline=pipeline_name(document) if document else "",
        version=version.version_id if version else "",
        experiment=found.experiment_id,
        url=kubeflow.url,
        state=found.state,
        parameters=found.parameters,
    )
    folder = run_folder(settings, found.folder_name)
    follow_to_end(submitted, settings, folder, document, show_logs=logs, as_json=as_json)
