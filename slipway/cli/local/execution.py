"""What KFP's runner calls for each task of a run: look in the cache, start the process, note the end."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.cli.local.failure import step_failure
from slipway.cli.local.plan import Plan, item_label, step_key, step_name
from slipway.cli.local.process import StepProcesses
from slipway.cli.local.record import RUNNER_LOG
from slipway.cli.local.runners import Runner
from slipway.cli.local.steps import Attempt, StepBoard, StepStatus, current_attempt
from slipway.errors import ImageError, PipelineError, RunInterruptedError, SlipwayError
from slipway.images.names import family_of, tag_of
from slipway.images.tags import code_tag


@dataclass
class Execution:
    """Runs the tasks KFP hands over; errors are kept in `failures`, for KFP forgets what they said."""

    folder: Path
    root: Path
    plan: Plan
    board: StepBoard
    runner: Runner
    environment: Mapping[str, str]
    say: Callable[[str], None]
    image_base: str = ""
    processes: StepProcesses = field(default_factory=StepProcesses)
    failures: list[SlipwayError] = field(default_factory=list)
    unsaid: threading.Lock = field(default_factory=threading.Lock)

    def execute(self, kfp_execute: Callable[..., Any], **task: Any) -> Any:
        """Run one task in KFP's own way, around `handler` and the cache; return (outputs, status)."""
        from kfp.local.status import Status

        if self._is_over() and not _runs_after_failures(task["task_spec"]):
            return {}, Status.FAILURE
        attempt = Attempt(self.board.get(*self._identity(task)))
        token = current_attempt.set(attempt)
        try:
            outputs, status = kfp_execute(**task)
        except Exception as error:
            self._fail(attempt, error)
            return {}, Status.FAILURE
        finally:
            current_attempt.reset(token)
        if status is Status.SUCCESS:
            self.board.end(attempt.step, StepStatus.CACHED if attempt.cached else StepStatus.DONE, outputs)
        else:
            self._fail(attempt, self._failure(attempt))
        return outputs, status

    def handler(
        self, *, image: str, full_command: list[str], env_vars: Mapping[str, str], **_: Any
    ) -> StepHandler:
        """Answer as KFP's task handlers do when constructed."""
        return StepHandler(self, image, full_command, env_vars)

    def found_in_cache(self) -> None:
        """Note that the current task needs no process."""
        current_attempt.get().cached = True

    def may_keep(self) -> bool:
        """Return whether the current step ran the code its image's tag names: it may have been edited since."""
        attempt = current_attempt.get()
        family = family_of(attempt.image)
        if family is None:
            return True
        with suppress(OSError, ImageError):
            if code_tag(self.root, family, self.image_base) == tag_of(attempt.image):
                return True
        if self.unsaid.acquire(blocking=False):  # whoever comes first says it, once
            self.say("Code changed during the run: what its steps make from now on is not kept for the next run.")
        return False

    def _is_over(self) -> bool:
        return bool(self.failures) or self.processes.stopping.is_set()

    def _identity(self, task: dict[str, Any]) -> tuple[str, str]:
        """Return the step's key and name; KFP's resource name is `<run>[/<loop>-iteration-<i>]...`."""
        iterations = tuple(task["pipeline_resource_name"].split("/")[1:])
        labels = tuple(self._label(iteration, task["io_store"]) for iteration in iterations)
        component = task["task_spec"].component_ref.name
        return step_key(component, iterations), step_name(component, labels)

    def _label(self, iteration: str, values: Any) -> str:
        loop, _, index = iteration.rpartition("-iteration-")
        with suppress(KeyError, ValueError):  # a loop over artifacts has no value to show
            return item_label(values.get_parent_input(self.plan.loops[loop]), int(index))
        return index

    def _failure(self, attempt: Attempt) -> SlipwayError:
        if attempt.exit_code:
            return step_failure(attempt.step.name, attempt.exit_code, attempt.step.log)
        log = self.folder / RUNNER_LOG  # an importer: KFP runs it in its own process
        return PipelineError(f"KFP failed step '{attempt.step.name}'", cure=f"Its log is '{log}'.")

    def _fail(self, attempt: Attempt, error: Exception) -> None:
        """Note a step's end without success and remove what it had half written."""
        shutil.rmtree(self.folder / attempt.step.key, ignore_errors=True)
        if isinstance(error, RunInterruptedError):
            self.board.end(attempt.step, StepStatus.INTERRUPTED)
            return
        if not isinstance(error, SlipwayError):
            wrapped = PipelineError(
                f"KFP could not run step '{attempt.step.name}': {type(error).__name__}: {error}",
                cure=f"Its log is '{attempt.step.log}'.",
            )
            wrapped.__cause__ = error
            error = wrapped
        self.failures.append(error)
        self.board.end(attempt.step, StepStatus.FAILED)


@dataclass(frozen=True)
class StepHandler:
    """Runs one attempt at a step; KFP makes one for each and calls `run`."""

    execution: Execution
    image: str
    full_command: list[str]
    variables: Mapping[str, str]

    def run(self) -> Any:
        """Run the step's process to its end and return KFP's status."""
        from kfp.local.status import Status

        attempt = current_attempt.get()
        attempt.image = self.image
        command = self.execution.runner.command(self.image, self.full_command, self.variables)
        environment = {**self.execution.environment, **self.variables}
        shutil.rmtree(self.execution.folder / attempt.step.key, ignore_errors=True)  # a failed attempt's leavings
        self.execution.board.begin(attempt.step)
        attempt.exit_code = self.execution.processes.run(command, environment, attempt.step.log)
        return Status.SUCCESS if attempt.exit_code == 0 else Status.FAILURE


def _runs_after_failures(task_spec: Any) -> bool:
    """Return whether a task is an exit handler, or told to ignore upstream failures."""
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineTaskSpec

    strategy = PipelineTaskSpec.TriggerPolicy.TriggerStrategy.ALL_UPSTREAM_TASKS_COMPLETED
    return bool(task_spec.trigger_policy.strategy == strategy)
