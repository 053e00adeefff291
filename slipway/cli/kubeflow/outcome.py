"""How a run ended: what is told of it, and the error that a failed one ends the command with."""

from __future__ import annotations

import re
import signal
from datetime import datetime

from slipway.cli.kubeflow.answers import RunState
from slipway.cli.kubeflow.follow import Followed
from slipway.cli.kubeflow.logs import said_by_step
from slipway.cli.kubeflow.steps import StepView
from slipway.cli.kubeflow.workflow import Node
from slipway.cli.local.failure import told_failure
from slipway.cli.local.steps import StepStatus
from slipway.errors import ExitCode, PipelineError, RunInterruptedError, SlipwayError, StepFailedError

_TAIL_LINES = 10
_TAIL_CHARACTERS = 1 << 20
_OUT_OF_MEMORY = "OOMKilled"
# What KFP's launcher says when a signal ended the step: Go's os/exec in words.
_SIGNALLED = re.compile(r"failed to execute component: signal: ([a-z ]+)")
_SIGNALS = {
    "killed": signal.SIGKILL,
    "terminated": signal.SIGTERM,
    "segmentation fault": signal.SIGSEGV,
    "bus error": signal.SIGBUS,
    "illegal instruction": signal.SIGILL,
}


def require_success(followed: Followed, name: str) -> None:
    """Raise what went wrong, if anything did.

    Raises:
        StepFailedError: a step failed; with its own paragraph, exit code and traceback.
        RunInterruptedError: somebody stopped the run.
        PipelineError: it failed before any step could, or no step says why.
    """
    if followed.run.state in {RunState.SUCCEEDED, RunState.SKIPPED}:
        return
    if followed.workflow.was_stopped or followed.run.state is RunState.CANCELED:
        raise RunInterruptedError(
            f"Run '{name}' was stopped on the cluster",
            cure="Finished steps are kept: submit it again to continue.",
        )
    failed = [view for view in followed.views if view.status is StepStatus.FAILED and view.pod is not None]
    if failed:
        raise _step_error(followed, min(failed, key=_end))
    nodes = [node for node in followed.workflow.nodes.values() if node.is_pod and node.has_failed]
    said = nodes[0].message if nodes else followed.workflow.message
    raise PipelineError(
        f"Run '{name}' failed: {said or 'no step says why'}",
        cure=f"Look at its pods: kubectl get pods -l pipeline/runid={followed.run.run_id}.",
    )


def _step_error(followed: Followed, view: StepView) -> SlipwayError:
    assert view.pod is not None  # noqa: S101 (asked by the caller)
    step = next(one for one in followed.steps if one.key == view.key)
    log = step.log.read_text(errors="replace")[-_TAIL_CHARACTERS:] if step.log.exists() else ""
    where = (
        f"Its log is '{step.log}'" if log else f"Its log could not be read: kubectl logs {view.pod.pod} -c main"
    )
    kept = f"{where}; finished steps are kept for the next run."
    if view.in_driver:
        return _driver_error(step.name, view.pod, log, where)
    if _OUT_OF_MEMORY in view.pod.message or _exit_code(log, view.pod) == -signal.SIGKILL:
        cure = f"Raise its 'memory_limit' in infra/environments/ENV/steps.yaml. {kept}"
        return StepFailedError(f"Step '{step.name}' ran out of memory", cure=cure, exit_code=ExitCode.FAILED)
    if not log:
        failed = f"Step '{step.name}' failed: {view.pod.message or view.pod.phase}"
        return StepFailedError(failed, cure=kept, exit_code=ExitCode.FAILED)
    return told_failure(step.name, _exit_code(log, view.pod), said_by_step(log), kept)


def _driver_error(step: str, driver: Node, log: str, where: str) -> SlipwayError:
    """Return the error of a step that KFP could not even start: an input is missing, MLMD or the store is away."""
    last = "\n".join(log.splitlines()[-_TAIL_LINES:])
    return StepFailedError(
        f"Step '{step}' could not be started: its driver failed ({driver.message or driver.phase})",
        cure=f"{where}; often the metadata service or the artifact store does not answer.",
        exit_code=ExitCode.FAILED,
        traceback=last,
        is_bug=True,
    )


def _exit_code(log: str, pod: Node) -> int:
    """Return the step's exit code, -signal when one ended it: the pod's own is the launcher's, which goes on."""
    found = _SIGNALLED.search(log)
    return -_SIGNALS.get(found[1], signal.SIGABRT) if found else pod.exit_code


def _end(view: StepView) -> float:
    return view.finished.timestamp() if isinstance(view.finished, datetime) else float("inf")
