"""One local run: KFP's runner executes the IR, each step on its own, followed and recorded.

Values pass as KFP passes them: integers inside lists and dicts reach a step as floats. At most two
iterations of a loop run at once, other steps one after the other. The workspace that
`dsl.WORKSPACE_PATH_PLACEHOLDER` names is removed when the run ends.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.cli.ir import CompiledPipeline
from slipway.cli.local.cache import StepCache
from slipway.cli.local.execution import Execution
from slipway.cli.local.hooks import Hooks, hooked
from slipway.cli.local.interruption import Interruption
from slipway.cli.local.journal import Journal, runner_log
from slipway.cli.local.plan import plan_steps
from slipway.cli.local.progress import Progress, make_progress
from slipway.cli.local.record import IR_FILE, RUNNER_LOG, RunFolder, RunRecord, RunStatus, clean_up_killed_runs
from slipway.cli.local.runners import Place, RunnerName, make_runner
from slipway.cli.local.steps import Step, StepBoard
from slipway.cli.parameters import complete_arguments
from slipway.errors import PipelineError, RunInterruptedError, SlipwayError, StorageError
from slipway.settings import Settings
from slipway.storage import storage_errors, write_whole


def run_locally(
    compiled: CompiledPipeline,
    root: Path,
    settings: Settings,
    *,
    use_cache: bool,
    runner: RunnerName = RunnerName.SUBPROCESS,
) -> RunRecord:
    """Run compiled IR on this machine and return the run's record.

    Finished steps are taken from the cache under the settings' `home` and kept there, so a run that
    was stopped, by whatever, continues when it is started again.

    Raises:
        StepFailedError: a step failed; carries its paragraph and exit code.
        RunInterruptedError: Ctrl-C or SIGTERM; no process of a step is left.
        UsageError: a parameter has no value.
        PipelineError: KFP cannot run the pipeline.
        ImageError: a container of a step's image cannot be run.
    """
    arguments = complete_arguments(compiled.document, compiled.name)
    home = settings.home.resolve()
    with storage_errors(home):
        clean_up_killed_runs(home)
        folder = RunFolder.create(home, compiled.name)
    with folder.held():
        return LocalRun(compiled, arguments, root, settings, folder, Choices(use_cache, runner)).run()


@dataclass(frozen=True)
class Choices:
    """How to run."""

    use_cache: bool
    runner: RunnerName


class LocalRun:
    """The parts of one run, put together."""

    def __init__(
        self,
        compiled: CompiledPipeline,
        arguments: dict[str, Any],
        root: Path,
        settings: Settings,
        folder: RunFolder,
        choices: Choices,
    ) -> None:
        self._compiled = compiled
        self._arguments = arguments
        self._folder = folder
        self._home = settings.home.resolve()
        self._use_cache = choices.use_cache
        plan = plan_steps(compiled.document, arguments)
        self._board = StepBoard(folder.logs, plan.steps, self._changed)
        self._progress: Progress = make_progress(self._board.all)
        self._journal = Journal(folder, self._first_record(settings.code_revision, choices.runner))
        environment = {**_STEP_DEFAULTS, **os.environ, **settings.environment(), **_STEP_VARIABLES}
        place = Place(root, self._home, folder.workspace, environment)
        self._runner = make_runner(choices.runner, place)
        self._execution = Execution(
            folder.path,
            root,
            plan,
            self._board,
            self._runner,
            environment,
            self._progress.say,
            settings.image_base,
        )

    def run(self) -> RunRecord:
        """Run to the end, write the record, return it or raise what went wrong."""
        write_whole(self._folder.path / IR_FILE, self._compiled.text)
        self._journal.note(self._board.all)
        try:
            outputs = self._run_followed()
        except BaseException as error:
            verdict = self._verdict(error)
            interrupted = isinstance(verdict, RunInterruptedError | KeyboardInterrupt)
            with suppress(StorageError):  # the first error says more
                self._journal.close(RunStatus.INTERRUPTED if interrupted else RunStatus.FAILED, error=str(verdict))
            if verdict is error:
                raise
            raise verdict from error
        return self._journal.close(
            RunStatus.DONE,
            outputs={name: _plain(outputs[name]) for name in sorted(outputs)},  # KFP's order varies
        )

    def _run_followed(self) -> dict[str, Any]:
        processes = self._execution.processes
        log = self._folder.path / RUNNER_LOG
        with self._progress, runner_log(log, self._progress.say), Interruption(processes, self._tell_stop):
            try:
                return self._run_ir()
            finally:
                self._board.skip_waiting()

    def _run_ir(self) -> dict[str, Any]:
        from kfp import local
        from kfp.components import load_component_from_text
        from kfp.local.pipeline_orchestrator import run_local_pipeline

        self._runner.check(self._compiled.images.values())
        workspace = self._folder.workspace
        workspace.mkdir()
        runs = str(self._folder.path.parent)
        runner = self._runner.kfp_runner()
        local.init(runner, pipeline_root=runs, workspace_root=str(workspace), enable_caching=True)
        spec = load_component_from_text(self._compiled.text).pipeline_spec
        with hooked(self._hooks()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # limits of memory and CPU mean nothing here, says KFP at each step
            outputs: dict[str, Any] = run_local_pipeline(spec, self._arguments)
        return outputs

    def _hooks(self) -> Hooks:
        execution = self._execution
        cache = StepCache(
            self._home / "cache",
            read=self._use_cache,
            found=execution.found_in_cache,
            may_keep=execution.may_keep,
        )
        return Hooks(
            run_name=self._folder.path.name,
            handler=execution.handler,
            execute=execution.execute,
            cache=cache,
            sleep=execution.processes.stopping.wait,
        )

    def _changed(self, step: Step) -> None:
        self._progress.changed(step, len(self._board.all()))
        try:
            self._journal.note(self._board.all)
        except SlipwayError as error:  # a full disk ends the run; KFP's threads would forget the error
            self._execution.failures.append(error)

    def _tell_stop(self, running: int) -> None:
        self._progress.say(f"Stopping {running} running step(s); once more kills them at once.")

    def _verdict(self, error: BaseException) -> BaseException:
        """Return what to tell: KFP's own error only says that there was one."""
        if self._execution.failures:
            return self._execution.failures[0]
        if self._execution.processes.stopping.is_set():
            return RunInterruptedError(
                "The run was interrupted: its running steps are stopped, what they had half written is removed",
                cure="Finished steps are kept: run the same command again to continue.",
            )
        if isinstance(error, SlipwayError) or not isinstance(error, Exception):
            return error
        log = self._folder.path / RUNNER_LOG
        return PipelineError(f"KFP's local runner failed: {error}", cure=f"Its log is '{log}'.")

    def _first_record(self, code_revision: str, runner: RunnerName) -> RunRecord:
        return RunRecord(
            run=self._folder.path.name,
            pipeline=self._compiled.name,
            parameters=self._arguments,
            code_revision=code_revision,
            runner=runner,
            status=RunStatus.RUNNING,
            started=datetime.now(UTC),
        )


# A step's output reaches its log at once, and a crash in native code leaves a traceback there.
_STEP_VARIABLES = {"PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}

# Steps that run side by side share the cores: threads of OpenMP that spin while they wait for one
# another keep the other step's from running (seven times slower, measured on two cores).
_STEP_DEFAULTS = {"OMP_WAIT_POLICY": "PASSIVE"}


def _plain(value: Any) -> Any:
    """Return an output as JSON has it: an artifact by its path, a list's items each."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if not hasattr(value, "uri") else value.uri
