"""`slipway schedules`: recurring runs, declared in Git and reconciled with the server."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from slipway.cli.kubeflow.answers import RecurringRun
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.environments import FOLDER
from slipway.cli.kubeflow.plan import Change, Mark
from slipway.cli.kubeflow.reconcile import Reconciler, prepare_schedules
from slipway.cli.kubeflow.recurring import RecurringRuns
from slipway.cli.kubeflow.schedule import read_schedules
from slipway.cli.project import find_project_root
from slipway.cli.revision import with_code_revision
from slipway.cli.tables import print_table
from slipway.settings import load_settings

app = typer.Typer(help="Reconcile or list the recurring runs on Kubeflow Pipelines.", no_args_is_help=True)


@app.command()
def apply(
    env: Annotated[str, typer.Option("--env", help="Environment: infra/environments/ENV/schedules/*.yaml.")],
    prune: Annotated[bool, typer.Option("--prune", help="Delete those that are no longer declared.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and do nothing.")] = False,
) -> None:
    """Make the server's recurring runs those that the project declares.

    Only what Slipway has made for this environment is touched. The same again changes nothing.
    """
    root = find_project_root()
    settings = with_code_revision(load_settings(), root)
    prepared = prepare_schedules(read_schedules(root, env), root, settings, env, _say)
    reconciler = Reconciler(Kubeflow(settings, _say), settings, ("schedules", env), _say)
    changes = reconciler.plan(prepared, prune=prune)
    if changes:
        print_table(("ACTION", "SCHEDULE", "VERSION", "WHY"), [_change_row(change) for change in changes])
    else:
        _say(f"There is no schedule in '{FOLDER / env / 'schedules'}' and none on the server.")
    if dry_run:
        return
    for change in changes:
        if change.is_change:
            reconciler.apply(change, f"declared in {FOLDER / env / 'schedules' / change.mark.name}.yaml")
    done = sum(change.is_change for change in changes)
    typer.echo(f"{done} changed, {len(changes) - done} as they were.")


@app.command("list")
def list_schedules(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the recurring runs on the server, and who made them."""
    found = RecurringRuns(Kubeflow(load_settings(), _say)).all()
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    elif found:
        columns = ("SCHEDULE", "TRIGGER", "STATUS", "AT ONCE", "CATCH-UP", "MADE BY", "ID")
        print_table(columns, [_row(one) for one in found])
    else:
        _say("There is no recurring run on the server yet.")


def _change_row(change: Change) -> tuple[str, ...]:
    version = change.wanted.version_name if change.wanted else "-"
    return str(change.action), change.mark.name, version, change.why


def _row(one: RecurringRun) -> tuple[str, ...]:
    mark = Mark.read(one.description)
    made_by = f"slipway {mark.owner} ({mark.environment})" if mark else "-"
    status = "enabled" if one.enabled else "disabled"
    catch_up = "yes" if one.catch_up else "no"
    return one.name, one.trigger, status, str(one.max_concurrency), catch_up, made_by, one.recurring_run_id


def _say(text: str) -> None:
    typer.echo(text, err=True)
