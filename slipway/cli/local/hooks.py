"""The places where KFP's local runner is made to fit, for the time of one run.

KFP runs the IR: order, conditions, loops, the passing of values. What it does not do, in 2.17.0:

- `SubprocessTaskHandler` refuses components with a `target_image`, merges the output of all steps
  and hides a failed step's traceback; `DockerTaskHandler` leaves containers running when the run is
  stopped, and takes one that is gone for a success: our handler takes the place of both.
- `execute_single_task` tells nobody when a task starts or ends: it is wrapped.
- `LocalCache` trusts an artifact that merely exists: our cache answers instead.
- `local_logger_context` and `indented_print` replace the root logger's handlers and the built-in
  `print`, which two loop iterations at once undo in the wrong order: they do nothing here.
- A retry's back-off sleeps on when the run is stopped: it waits for the stop as well.
- A run's folder is named by the clock alone: it gets the run's own name.

These names are KFP's internals, so the version is pinned and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

from slipway.cli.kfp_import import import_kfp
from slipway.errors import PipelineError

KFP_VERSION = "2.17.0"


@dataclass(frozen=True)
class Hooks:
    """What takes the place of KFP's parts.

    `handler` is called as KFP's task handlers are, `execute` with KFP's own function first,
    `sleep` with seconds.
    """

    run_name: str
    handler: Callable[..., Any]
    execute: Callable[..., Any]
    cache: Any
    sleep: Callable[[float], Any]


@contextmanager
def hooked(hooks: Hooks) -> Iterator[None]:
    """Put the hooks into KFP's runner, and KFP's own parts back at the end.

    Raises:
        PipelineError: another version of KFP is installed.
    """
    _check_version()
    from kfp.local import cache, executor_input_utils, logging_utils, subprocess_task_handler
    from kfp.local.orchestrator import task_executor

    original = task_executor.execute_single_task

    def execute(**task: Any) -> Any:
        return hooks.execute(original, **task)

    replaced = [
        (subprocess_task_handler, "SubprocessTaskHandler", hooks.handler),
        (task_executor, "execute_single_task", execute),
        (task_executor, "time", SimpleNamespace(sleep=hooks.sleep)),
        (cache, "get_local_cache", lambda: hooks.cache),
        (logging_utils, "local_logger_context", nullcontext),
        (logging_utils, "indented_print", nullcontext),
        (logging_utils, "print_horizontal_line", lambda: None),
        (executor_input_utils, "get_local_pipeline_resource_name", lambda _: hooks.run_name),
    ]
    if find_spec("docker") is not None:  # KFP's own condition
        from kfp.local import docker_task_handler

        replaced.append((docker_task_handler, "DockerTaskHandler", hooks.handler))
    with ExitStack() as undo:
        for module, name, replacement in replaced:
            undo.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, replacement)
        yield


def _check_version() -> None:
    kfp = import_kfp()
    if kfp.__version__ != KFP_VERSION:
        raise PipelineError(
            "Pipelines cannot run here",
            expected=f"kfp {KFP_VERSION}",
            got=f"kfp {kfp.__version__}",
            cure=f"Install it: pip install kfp=={KFP_VERSION}.",
        )
