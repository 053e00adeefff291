"""Following a run on the server: every look brings the board, the logs and the remarks up to date."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.cli.kubeflow.answers import Run
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.logs import RunLogs
from slipway.cli.kubeflow.record import SubmittedRun
from slipway.cli.kubeflow.steps import StepView, view_steps
from slipway.cli.kubeflow.waiting import Waits
from slipway.cli.kubeflow.workflow import Workflow, fetch_workflow
from slipway.cli.local.plan import PlannedStep, plan_steps
from slipway.cli.local.progress import Progress, make_progress
from slipway.cli.local.steps import Step, StepBoard, StepStatus
from slipway.errors import KubeflowError, KubeflowUnreachableError
from slipway.settings import Settings


@dataclass(frozen=True)
class Followed:
    """A run that is over: its state, its steps as people see them, its workflow at the end."""

    run: Run
    steps: list[Step]
    views: list[StepView]
    workflow: Workflow
    folder: Path


class Follower:
    """Looks at one run until it is over."""

    def __init__(
        self, kubeflow: Kubeflow, run: SubmittedRun, folder: Path, settings: Settings, *, show_logs: bool
    ) -> None:
        self._kubeflow = kubeflow
        self._run = run
        self._folder = folder
        self._poll_seconds = settings.kubeflow_poll_seconds
        self._show_logs = show_logs
        self._logs = RunLogs(kubeflow, run.run)
        self._waits = Waits(settings.kubeflow_stuck_seconds)
        self._told_tries: dict[str, int] = {}
        self._sees_steps = True
        self._board = StepBoard(folder / "logs", [], lambda _: None)
        self.say: Callable[[str], None] = lambda _: None

    def follow(self, document: dict[str, Any]) -> Followed:
        """Follow the run to its end, whatever end, and return it.

        Args:
            document: the IR that it runs, for the names of the steps to come.

        Raises:
            KubeflowUnreachableError: the server fell silent for longer than the settings' patience.
            KubeflowError: a step waits for what does not come.
        """
        self._board = StepBoard(self._folder / "logs", _planned(document, self._run.parameters), self._changed)
        self._progress: Progress = make_progress(self._board.all)
        with self._progress:
            self.say = self._progress.say
            while True:
                run = self._kubeflow.run(self._run.run)
                workflow = self._workflow()
                views = view_steps(workflow, document)
                self._show(views)
                if run.state.is_over:
                    self._close()
                    return Followed(run, self._board.all(), views, workflow, self._folder)
                self._remark(views)
                time.sleep(self._poll_seconds)

    def _workflow(self) -> Workflow:
        """Return the workflow; where it cannot be had, the run's state alone is followed."""
        if not self._sees_steps:
            return Workflow({})
        try:
            return fetch_workflow(self._kubeflow, self._run.run)
        except KubeflowUnreachableError:
            raise
        except KubeflowError as error:
            self._sees_steps = False
            self._progress.say(f"Its steps cannot be seen: {error.failed}.")
            return Workflow({})

    def _show(self, views: list[StepView]) -> None:
        for view in views:
            step = self._board.get(view.key, view.name)
            if step.status is StepStatus.WAITING and view.status is not StepStatus.SKIPPED:
                self._board.begin(step)
            step = self._board.get(view.key, view.name)
            if view.status is not StepStatus.RUNNING and not step.is_over:
                self._keep_log(view, step)
                self._board.end(step, view.status, seconds=view.seconds)
            elif self._show_logs and view.status is StepStatus.RUNNING and not view.in_driver:
                self._keep_log(view, step)

    def _close(self) -> None:
        """Note of what was still open that it will not go on."""
        for step in self._board.all():
            if step.status is StepStatus.RUNNING:
                self._board.end(step, StepStatus.INTERRUPTED)
        self._board.skip_waiting()

    def _keep_log(self, view: StepView, step: Step) -> None:
        """Fetch the log while the pod is there: it goes when the server has stored the run's end."""
        if view.pod is None or view.pod.phase in {"Pending", "Skipped", "Omitted"}:
            return
        new = self._logs.fetch(view.pod.pod, step.log)
        if self._show_logs and not view.in_driver:
            for line in new.splitlines():
                self._progress.say(f"{step.name} | {line}")

    def _remark(self, views: list[StepView]) -> None:
        for view in views:
            name = self._board.get(view.key, view.name).name
            for failed in view.failed_tries[self._told_tries.get(view.key, 0) :]:
                self._progress.say(f"{name} is tried again: {failed.message or failed.phase}")
            self._told_tries[view.key] = len(view.failed_tries)
            remark = self._waits.look(view, name)
            if remark:
                self._progress.say(remark)

    def _changed(self, step: Step) -> None:
        self._progress.changed(step, len(self._board.all()))


def _planned(document: dict[str, Any], parameters: dict[str, Any]) -> list[PlannedStep]:
    """List the steps to come; none when the IR is not known."""
    if "root" not in document:
        return []
    declared = document["root"].get("inputDefinitions", {}).get("parameters", {})
    defaults = {name: one["defaultValue"] for name, one in declared.items() if "defaultValue" in one}
    return plan_steps(document, {**defaults, **parameters}).steps
