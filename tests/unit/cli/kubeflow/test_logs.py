import json

import pytest

from slipway.cli.kubeflow.logs import RunLogs, said_by_step
from tests.support.kubeflow_server.server import Fault


@pytest.fixture
def logs(kubeflow):
    return RunLogs(kubeflow, "a-run")


def test_log_is_written_and_only_what_is_new_is_returned(logs, server, tmp_path):
    target = tmp_path / "logs" / "step.log"
    server.state.logs["pod"] = "one\n"
    assert logs.fetch("pod", target) == "one\n"
    server.state.logs["pod"] = "one\ntwo\n"
    assert logs.fetch("pod", target) == "two\n"
    assert target.read_text() == "one\ntwo\n"


def test_pod_that_is_gone_has_no_log(logs, tmp_path):
    assert logs.fetch("pod", tmp_path / "step.log") == ""
    assert not (tmp_path / "step.log").exists()


def test_failure_at_the_end_of_a_log_is_not_part_of_it(logs, server, tmp_path):
    server.state.logs["pod"] = "one\n" + json.dumps({"error_message": "gone"}, separators=(",", ":"))
    assert logs.fetch("pod", tmp_path / "step.log") == "one\n"


def test_log_that_only_talks_of_an_error_is_kept(logs, server, tmp_path):
    server.state.logs["pod"] = '{"error_message": is what I print\n'
    assert logs.fetch("pod", tmp_path / "step.log")


@pytest.mark.parametrize("status", [403, 404, 500])
def test_log_that_is_refused_is_no_failure_of_the_run(status, logs, server, tmp_path):
    server.faults.append(Fault("/log$", status=status, times=9))
    assert logs.fetch("pod", tmp_path / "step.log") == ""


def test_page_for_people_is_no_log(logs, server, tmp_path):
    server.faults.append(Fault("/log$", status=200, body="<html>Kubeflow</html>"))
    assert logs.fetch("pod", tmp_path / "step.log") == ""


def test_lines_of_the_programs_around_a_step_are_left_out():
    log = (
        'time="2026-11-25T12:00:00.000Z" level=info msg="capturing logs" argo=true\n'
        "I1125 12:00:00.000000       1 launcher_v2.go:148] input ComponentSpec:{\n"
        "[KFP Executor 2026-11-25 12:00:01,000 INFO]: Looking for component\n"
        "Traceback (most recent call last):\n"
        '  File "/x.py", line 1, in f\n'
        "ValueError: I said so\n"
        "F1125 12:00:02.000000       1 main.go:56] failed to execute component: exit status 1\n"
        'time="2026-11-25T12:00:03.000Z" level=info msg="sub-process exited" argo=true error="<nil>"\n'
        '{"time":"2026-11-25T12:00:03Z","level":"INFO","msg":"sub-process exited","argo":true}\n'
        "Error: exit status 1\n"
    )
    assert said_by_step(log) == (
        'Traceback (most recent call last):\n  File "/x.py", line 1, in f\nValueError: I said so\n'
    )
