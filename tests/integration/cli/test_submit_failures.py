import pytest

from slipway.errors import ExitCode
from tests.support.kubeflow_server.argo import Look, pod_of
from tests.support.submitting import submitting_project

PULL = 'pending: ImagePullBackOff: Back-off pulling image "slipway-toy:1"'
LOG = (
    "I1125 12:00:00.000000       1 launcher_v2.go:148] input\n"
    "Traceback (most recent call last):\n"
    '  File "/usr/lib/python3.11/site-packages/kfp/dsl/executor_main.py", line 9, in main\n'
    '  File "/app/components/toy/write_note.py", line 3, in write_note\n'
    "{raised}\n"
    "F1125 12:00:02.000000       1 main.go:56] failed to execute component: exit status 1\n"
    'time="2026-11-25T12:00:03.000Z" level=info msg="sub-process exited" argo=true\n'
    "Error: exit status 1\n"
)


@pytest.fixture
def submit(tmp_path):
    """Submit the pipeline that ends as the looks say; `log` is what write_note says."""
    with submitting_project(tmp_path) as (project, server):

        def run(*looks, log="", driver_log="", **server_facts):
            server.state.looks = list(looks)
            server.state.logs |= {pod_of("write-note"): log} if log else {}
            server.state.logs |= {pod_of("write-note", driver=True): driver_log} if driver_log else {}
            server.health.update(server_facts)
            return project.slipway("submit", "notes")

        yield run


def failed(message="Error (exit code 1)"):
    return Look("FAILED", steps={"write-note": f"failed: {message}"})


def test_error_of_a_step_is_the_command_s_with_its_exit_code(submit):
    answer = submit(failed(), log=LOG.format(raised="slipway.errors.DataError: No rows. Get some."))
    assert answer.returncode == ExitCode.BAD_DATA
    assert "Error: Step 'write_note' failed: No rows. Get some. Its log is" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "failed after" in answer.stdout


def test_traceback_of_a_step_is_shown_without_the_machinery(submit):
    answer = submit(failed(), log=LOG.format(raised="ZeroDivisionError: by zero"))
    assert answer.returncode == ExitCode.FAILED
    assert "The step said last:\n\nTraceback" in answer.stderr
    assert "components/toy/write_note.py" in answer.stderr
    assert "with ZeroDivisionError: by zero" in answer.stderr
    for machinery in ("executor_main", "main.go", "sub-process", "exit status"):
        assert machinery not in answer.stderr


def test_step_without_a_log_tells_what_kubernetes_said(submit):
    answer = submit(failed("Pod was active on the node longer than the specified deadline"))
    assert "longer than the specified deadline" in answer.stderr
    assert f"kubectl logs {pod_of('write-note')} -c main" in answer.stderr


KILLED = "F1125 12:00:02.000000       1 main.go:56] failed to execute component: signal: killed\n"


@pytest.mark.parametrize(
    ("message", "log"), [("OOMKilled (exit code 137)", "working\n"), ("Error (exit code 1)", "working\n" + KILLED)]
)
def test_step_out_of_memory_says_where_to_give_it_more(message, log, submit):
    answer = submit(failed(message), log=log)
    assert "Step 'write_note' ran out of memory" in answer.stderr
    assert "memory_limit" in answer.stderr


def test_step_that_a_signal_ended_names_it(submit):
    answer = submit(failed(), log=KILLED.replace("killed", "segmentation fault"))
    assert "Step 'write_note' was ended by SIGSEGV" in answer.stderr


def test_try_that_failed_is_told_and_the_next_one_counts(submit):
    tried = Look(steps={"write-note": "retrying: Error (exit code 1)"})
    answer = submit(tried, tried, Look("SUCCEEDED", steps={"write-note": "retried: Error (exit code 1)"}))
    assert answer.returncode == ExitCode.OK
    assert answer.stderr.count("write_note is tried again: Error (exit code 1)") == 1
    assert "write_note … done" in answer.stderr


def test_step_that_could_not_be_started_shows_its_driver_s_last_words(submit):
    look = Look("FAILED", steps={"write-note": "driver-failed: Error (exit code 1)"})
    answer = submit(look, driver_log="F1125 12:00:02.000000 1 main.go:79] rpc error: metadata-grpc-service\n")
    assert answer.returncode == ExitCode.FAILED
    assert "could not be started: its driver failed" in answer.stderr
    assert "rpc error: metadata-grpc-service" in answer.stderr


def test_image_that_cannot_be_pulled_ends_the_wait_with_the_cure(submit):
    answer = submit(Look(steps={"write-note": PULL}))
    assert answer.returncode == ExitCode.FAILED
    assert "write_note waits: ImagePullBackOff" in answer.stderr
    assert "Step 'write_note' cannot start: ImagePullBackOff: Back-off pulling image" in answer.stderr
    assert "slipway images list" in answer.stderr
    assert "slipway stop" in answer.stderr


def test_run_that_fails_without_a_step_says_what_the_workflow_says(submit):
    answer = submit(Look("FAILED", message="invalid spec: templates.entrypoint"))
    assert "failed: invalid spec: templates.entrypoint" in answer.stderr
    assert "kubectl get pods -l pipeline/runid=" in answer.stderr


def test_server_of_another_version_is_refused_before_the_upload(submit):
    answer = submit(tag_name="2.5.0")
    assert answer.returncode == ExitCode.FAILED
    assert "expected 2.17 or a later 2.x, got 2.5.0" in answer.stderr


def test_server_that_is_not_configured_is_told_how_to_be(tmp_path):
    with submitting_project(tmp_path) as (project, _):
        answer = project.through("").slipway("submit", "notes")
    assert answer.returncode == ExitCode.USAGE
    assert "Set SLIPWAY_KUBEFLOW_URL" in answer.stderr
