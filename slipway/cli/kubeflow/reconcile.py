"""Carrying out a plan of schedules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from slipway.cli.ir import CompiledPipeline
from slipway.cli.kubeflow.answers import Version
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.plan import Action, Change, Mark, Wanted, plan_changes
from slipway.cli.kubeflow.recurring import RecurringRuns
from slipway.cli.kubeflow.schedule import Schedule
from slipway.cli.kubeflow.submission import Prepared, Say, prepare, registry_remark, upload
from slipway.cli.kubeflow.upload import Versions
from slipway.cli.parameters import checked_values
from slipway.settings import Settings


class Reconciler:
    """Makes the recurring runs of one owner and environment those that are declared."""

    def __init__(self, kubeflow: Kubeflow, settings: Settings, scope: tuple[str, str], say: Say) -> None:
        self._kubeflow = kubeflow
        self._settings = settings
        self._scope = scope
        self._say = say
        self._runs = RecurringRuns(kubeflow)
        self._prepared: dict[str, Prepared] = {}

    def plan(self, prepared: dict[str, tuple[Schedule, Prepared]], *, prune: bool) -> list[Change]:
        """Compare prepared schedules with the server; nothing is changed there."""
        versions = Versions(self._kubeflow)
        experiment_id = self._kubeflow.find_experiment(self._settings.experiment)
        declared = {}
        for name, (schedule, one) in prepared.items():
            self._prepared[name] = one
            declared[name] = Wanted(
                mark=Mark(*self._scope, name),
                schedule=schedule.model_copy(update={"parameters": one.parameters}),
                version_name=one.version,
                version=versions.find(one.pipeline, one.version),
                experiment_id=experiment_id,
            )
        return plan_changes(declared, self._runs.all(), self._scope, prune=prune)

    def apply(self, change: Change, source: str) -> None:
        """Carry out one change.

        An update first disables the old, so that at no time two of them start runs; a command that is killed
        on the way leaves what the next one sets right.
        """
        steps: dict[Action, Callable[[Change, str], None]] = {
            Action.CREATE: self._replace,
            Action.UPDATE: self._replace,
            Action.ENABLE: self._switch,
            Action.DISABLE: self._switch,
        }
        if change.action in steps:
            steps[change.action](change, source)
        for one in change.gone:
            self._runs.delete(one)

    def _replace(self, change: Change, source: str) -> None:
        assert change.wanted is not None  # noqa: S101 (these actions have one)
        if change.kept is not None:
            return
        version = self._uploaded(change.wanted)
        experiment_id = self._kubeflow.experiment_id(self._settings.experiment)
        for one in change.gone:
            if one.enabled:
                self._runs.disable(one)
        description = change.mark.description(source)
        self._runs.create(change.mark.name, description, change.wanted.schedule, version, experiment_id)

    def _switch(self, change: Change, _: str) -> None:
        assert change.kept is not None  # noqa: S101 (these actions have one)
        switch = self._runs.enable if change.action is Action.ENABLE else self._runs.disable
        switch(change.kept)

    def _uploaded(self, wanted: Wanted) -> Version:
        if wanted.version is not None:
            return wanted.version
        prepared = self._prepared[wanted.mark.name]
        folder = self._settings.home.resolve() / "submitted" / prepared.version
        return upload(self._kubeflow, prepared, folder, self._say)


def prepare_schedules(
    schedules: dict[str, Schedule], root: Path, settings: Settings, environment: str, say: Say
) -> dict[str, tuple[Schedule, Prepared]]:
    """Compile the pipelines of all schedules and check their parameters, before any server is asked.

    Raises:
        UsageError: a pipeline or a parameter of it is not there, or does not fit.
    """
    prepared = {}
    for name, schedule in schedules.items():

        def typed(compiled: CompiledPipeline, schedule: Schedule = schedule) -> dict[str, object]:
            return checked_values(compiled.document, schedule.parameters, compiled.name)

        one = prepare(schedule.pipeline, root, settings, environment, typed)
        remark = registry_remark(one)
        if remark:
            say(f"{name}: {remark}")
        prepared[name] = (schedule, one)
    return prepared
