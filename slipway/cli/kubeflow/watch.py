"""Following a submitted run for a person: to its end, or until Ctrl-C, after which the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.follow import Follower
from slipway.cli.kubeflow.outcome import require_success
from slipway.cli.kubeflow.record import SubmittedRun
from slipway.errors import KubeflowError, RunInterruptedError, SlipwayError
from slipway.settings import Settings
from slipway.storage import write_whole

RECORD_FILE = "run.json"


def follow_to_end(
    submitted: SubmittedRun,
    settings: Settings,
    folder: Path,
    document: dict[str, Any],
    *,
    show_logs: bool,
    as_json: bool,
) -> None:
    """Follow a run, print how it ended, and raise when it failed.

    Raises:
        RunInterruptedError: Ctrl-C; the run goes on. Or the run itself was stopped on the cluster.
        StepFailedError: a step failed.
        KubeflowUnreachableError: the server fell silent; the run goes on.
        KubeflowError: a step cannot start; the run goes on.
    """
    write_whole(folder / RECORD_FILE, submitted.model_dump_json(indent=2) + "\n")
    say = _Voice()
    try:
        follower = Follower(Kubeflow(settings, say), submitted, folder, settings, show_logs=show_logs)
        say.follower = follower
        followed = follower.follow(document)
    except KeyboardInterrupt as error:
        raise RunInterruptedError(
            f"No longer following run '{submitted.name}', which goes on", cure=_commands(submitted)
        ) from error
    except KubeflowError as error:
        raise _going_on(error, submitted) from error
    ended = submitted.ended(followed.run, followed.steps)
    write_whole(folder / RECORD_FILE, ended.model_dump_json(indent=2) + "\n")
    print_run(ended, as_json=as_json)
    require_success(followed, submitted.name)


def print_run(run: SubmittedRun, *, as_json: bool) -> None:
    """Print a run: how to see it again while it goes on, what it did when it is over."""
    if as_json:
        typer.echo(run.model_dump_json(indent=2))
    elif run.state.is_over:
        ran, cached = run.count(cached=False), run.count(cached=True)
        typer.echo(f"{run.name} {run.state.lower()} after {run.seconds:.0f} s: {ran} steps run, {cached} cached.")
    else:
        typer.echo(f"{run.name} {run.run}")
        typer.echo(_commands(run), err=True)


def _commands(run: SubmittedRun) -> str:
    return f"Look at it again: slipway follow {run.run}. Stop it: slipway stop {run.run}."


def _going_on(error: KubeflowError, run: SubmittedRun) -> SlipwayError:
    """Return an error of the same kind that says that the run goes on."""
    return type(error)(error.failed, cure=f"{error.cure} The run goes on. {_commands(run)}".strip())


class _Voice:
    """Says something above the live list once there is one, on standard error before."""

    follower: Follower | None = None

    def __call__(self, text: str) -> None:
        if self.follower is None:
            typer.echo(text, err=True)
        else:
            self.follower.say(text)
