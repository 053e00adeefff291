"""`slipway submit`: a pipeline on Kubeflow Pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.kubeflow.answers import RunState
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.environments import DEFAULT
from slipway.cli.kubeflow.reconcile import Reconciler
from slipway.cli.kubeflow.record import SubmittedRun
from slipway.cli.kubeflow.schedule import Schedule
from slipway.cli.kubeflow.submission import (
    Prepared,
    new_run_name,
    prepare,
    registry_remark,
    run_folder,
    start,
    upload,
)
from slipway.cli.kubeflow.watch import follow_to_end, print_run
from slipway.cli.parameters import parse_assignments, typed_overrides
from slipway.cli.project import find_project_root
from slipway.cli.revision import with_code_revision
from slipway.errors import RunInterruptedError, ScheduleError, UsageError
from slipway.parsing import parse
from slipway.settings import Settings, load_settings

Environment = Annotated[
    str, typer.Option("--env", help="Environment whose infra/environments/ENV/steps.yaml places the steps.")
]


def submit(  # noqa: PLR0913, PLR0917 (an argument for each option)
    pipeline: Annotated[str, typer.Argument(help="Name (flight_delay) or path of the pipeline.")],
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="key=value; lists and dicts as JSON.")
    ] = None,
    env: Environment = DEFAULT,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every step, whatever is cached.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the run to its end.")] = True,
    logs: Annotated[bool, typer.Option("--logs", help="Print what the steps say as they say it.")] = False,
    schedule: Annotated[
        str, typer.Option("--schedule", help="Run it again and again instead: a cron of five fields, or @daily.")
    ] = "",
    interval_seconds: Annotated[
        int, typer.Option("--interval-seconds", min=0, help="Run it again and again instead, at this interval.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON at the end.")] = False,
) -> None:
    """Run a pipeline on Kubeflow Pipelines and follow its steps.

    The pipeline is compiled as for a local run, its steps are placed as the environment says, and the
    result is uploaded as a version that its content names: the same again is not uploaded again. With
    --schedule or --interval-seconds no run is started: the server starts them.
    """
    given = parse_assignments(parameter or [])
    root = find_project_root()
    settings = with_code_revision(load_settings(), root)
    prepared = prepare(
        pipeline,
        root,
        settings,
        env,
        lambda compiled: typed_overrides(compiled.document, given, compiled.name),
        use_cache=not no_cache,
    )
    _say(registry_remark(prepared))
    if schedule or interval_seconds:
        _schedule(prepared, settings, cron=schedule, interval_seconds=interval_seconds)
        return
    submitted = _submit(prepared, settings)
    if not wait:
        print_run(submitted, as_json=as_json)
        return
    folder = run_folder(settings, submitted.name)
    follow_to_end(submitted, settings, folder, prepared.compiled.document, show_logs=logs, as_json=as_json)


def _submit(prepared: Prepared, settings: Settings) -> SubmittedRun:
    kubeflow = Kubeflow(settings, _say)
    name = new_run_name(prepared.compiled.name)
    version = upload(kubeflow, prepared, run_folder(settings, name), _say)
    try:
        run = start(kubeflow, prepared, version, settings, name)
    except KeyboardInterrupt as error:
        raise RunInterruptedError(
            f"Interrupted while run '{name}' was being started", cure=f"See whether it was: slipway follow {name}."
        ) from error
    _say(f"Run {run.run_id} of experiment '{settings.experiment}' on {kubeflow.url}.")
    return SubmittedRun(
        run=run.run_id,
        name=name,
        pipeline=prepared.compiled.name,
        version=version.name,
        experiment=settings.experiment,
        url=kubeflow.url,
        state=RunState.PENDING,
        parameters=prepared.parameters,
    )


def _schedule(prepared: Prepared, settings: Settings, *, cron: str, interval_seconds: int) -> None:
    """Have the server run the pipeline again and again; called once more, it changes what is there."""
    if cron and interval_seconds:
        raise UsageError("Two schedules are given", cure="Give either --schedule or --interval-seconds.")
    content = {"pipeline": prepared.compiled.name, "cron": cron, "interval_seconds": interval_seconds}
    cure = "Write for example --schedule '0 3 * * *'."
    schedule = parse(Schedule, content, what="The schedule", error=ScheduleError, cure=cure)
    reconciler = Reconciler(Kubeflow(settings, _say), settings, ("submit", prepared.environment), _say)
    name = prepared.pipeline
    (change,) = (
        one for one in reconciler.plan({name: (schedule, prepared)}, prune=False) if one.mark.name == name
    )
    reconciler.apply(change, f"made by: slipway submit {prepared.compiled.name}, from {Path.cwd().name}")
    typer.echo(f"{change.action} {name}: {schedule.trigger}")


def _say(text: str) -> None:
    if text:
        typer.echo(text, err=True)
