import kfp
import pytest
from kfp.local import cache, docker_task_handler, executor_input_utils, logging_utils, subprocess_task_handler
from kfp.local.orchestrator import task_executor

from slipway.cli.local.hooks import Hooks, hooked
from slipway.errors import PipelineError

PLACES = [
    (subprocess_task_handler, "SubprocessTaskHandler"),
    (docker_task_handler, "DockerTaskHandler"),
    (task_executor, "execute_single_task"),
    (task_executor, "time"),
    (cache, "get_local_cache"),
    (logging_utils, "local_logger_context"),
    (logging_utils, "indented_print"),
    (logging_utils, "print_horizontal_line"),
    (executor_input_utils, "get_local_pipeline_resource_name"),
]


def hooks(execute=lambda original, **task: (original, task)):
    return Hooks(run_name="toy-1", handler=object, execute=execute, cache="ours", sleep=lambda seconds: seconds)


def test_every_part_is_replaced_and_put_back():
    before = [getattr(module, name) for module, name in PLACES]
    with hooked(hooks()):
        assert all(getattr(module, name) is not old for (module, name), old in zip(PLACES, before, strict=True))
    assert [getattr(module, name) for module, name in PLACES] == before


def test_parts_are_put_back_after_an_error():
    before = task_executor.execute_single_task
    with pytest.raises(ZeroDivisionError), hooked(hooks()):
        raise ZeroDivisionError
    assert task_executor.execute_single_task is before


def test_task_goes_through_ours_with_kfp_s_own_beside_it():
    original = task_executor.execute_single_task
    with hooked(hooks()):
        assert task_executor.execute_single_task(task_name="x") == (original, {"task_name": "x"})
        assert cache.get_local_cache() == "ours"
        assert executor_input_utils.get_local_pipeline_resource_name("toy") == "toy-1"
        assert task_executor.time.sleep(3) == 3


def test_other_version_of_kfp_is_refused(monkeypatch):
    monkeypatch.setattr(kfp, "__version__", "2.18.0")
    with pytest.raises(PipelineError, match=r"expected kfp 2.17.0, got kfp 2.18.0"), hooked(hooks()):
        pass
