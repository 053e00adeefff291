import json
import re
import signal

import pytest

from slipway.errors import ExitCode
from tests.support.cutting_proxy import Cut, cutting_proxy
from tests.support.kubeflow_server.argo import Look, pod_of
from tests.support.kubeflow_server.server import Fault
from tests.support.submitting import submitting_project
from tests.support.toy import wait_until

LONG = [Look(steps={"write-note": "running"})]


@pytest.fixture
def submitting(tmp_path):
    with submitting_project(tmp_path) as found:
        yield found


def test_run_is_followed_step_by_step_to_its_end(submitting):
    project, server = submitting
    answer = project.slipway("submit", "notes", "-p", "text=hey")
    assert answer.returncode == ExitCode.OK, answer.stderr
    assert "3 steps run, 1 cached." in answer.stdout
    for line in (
        "[1/5] write_note … running",
        "[1/5] write_note … done in 30.0 s",
        "[2/5] try_candidate[ash] … cached",
        "[3/5] try_candidate[birch] … done in 30.0 s",
        "[4/5] choose_candidate … done in 30.0 s",
    ):
        assert line in answer.stderr
    (run,) = server.state.runs.values()
    assert run["runtime_config"] == {"parameters": {"text": "hey"}}


def test_same_pipeline_again_is_a_run_of_the_same_version(submitting):
    project, server = submitting
    for text in ("one", "two"):
        assert project.slipway("submit", "notes", "-p", f"text={text}", "--no-wait").returncode == 0
    assert len(server.state.versions) == 1
    assert len({run["display_name"] for run in server.state.runs.values()}) == 2


def test_no_wait_prints_the_run_and_how_to_see_it_again(submitting):
    project, server = submitting
    answer = project.slipway("submit", "notes", "--no-wait")
    name, run = answer.stdout.split()
    assert server.state.runs[run]["display_name"] == name
    assert f"slipway follow {run}" in answer.stderr
    followed = project.slipway("follow", run)
    assert followed.returncode == ExitCode.OK
    assert "[3/5] try_candidate[birch] … done" in followed.stderr
    assert f"{name} succeeded" in project.slipway("follow", name).stdout


def test_json_is_the_whole_record_and_the_folder_keeps_it(submitting):
    project, server = submitting
    server.state.logs[pod_of("write-note")] = "written\n"
    answer = project.slipway("submit", "notes", "--json", "-p", "count=5")
    record = json.loads(answer.stdout)
    assert record["parameters"] == {"count": 5}
    statuses = {step["name"]: step["status"] for step in record["steps"]}
    assert statuses == {
        "write_note": "done",
        "try_candidate[ash]": "cached",
        "try_candidate[birch]": "done",
        "choose_candidate": "done",
        "write_note_2": "skipped",
    }
    folder = project.home / "submitted" / record["name"]
    assert json.loads((folder / "run.json").read_text()) == record
    assert (folder / "logs/write_note.log").read_text() == "written\n"
    assert "schemaVersion" in (folder / "pipeline.yaml").read_text()


def test_logs_are_printed_as_the_steps_say_them(submitting):
    project, server = submitting
    server.state.logs[pod_of("write-note")] = "one\ntwo\n"
    answer = project.slipway("submit", "notes", "--logs")
    assert answer.stderr.count("write_note | one\nwrite_note | two\n") == 1


def test_steps_are_placed_as_the_environment_says(submitting):
    project, server = submitting
    project.declare("steps.yaml", "steps: {write_note: {cpu_limit: '2', node_selector: {disk: fast}}}")
    assert project.slipway("submit", "notes", "--no-wait").returncode == 0
    (project.root / "infra/environments/prod").mkdir()
    assert project.slipway("submit", "notes", "--no-wait", "--env", "prod").returncode == 0
    assert "one of: dev, prod" in project.slipway("submit", "notes", "--env", "prdo").stderr
    placed, plain = (version["pipeline_spec"] for version in server.state.versions.values())
    executor = placed["pipeline_spec"]["deploymentSpec"]["executors"]["exec-write-note"]
    assert executor["container"]["resources"] == {"resourceCpuLimit": "2"}
    assert "platforms" in placed["platform_spec"]
    assert "resources" not in plain["deploymentSpec"]["executors"]["exec-write-note"]["container"]


def test_no_cache_is_another_version_whose_steps_do_not_look(submitting):
    project, server = submitting
    for options in ((), ("--no-cache",)):
        project.slipway("submit", "notes", "--no-wait", *options)
    looks = ["cachingOptions" in json.dumps(one["pipeline_spec"]) for one in server.state.versions.values()]
    assert looks == [True, False]


def test_steps_know_the_experiment_and_the_code_but_no_token(submitting):
    project, server = submitting
    server.token = "s3cr3t"
    (project.root / "slipway.toml").write_text('experiment = "trials"\nkubeflow_token_file = "token"\n')
    (project.root / "token").write_text("s3cr3t\n")
    answer = project.slipway("submit", "notes", "--no-wait")
    assert answer.returncode == ExitCode.OK
    (version,) = server.state.versions.values()
    container = version["pipeline_spec"]["deploymentSpec"]["executors"]["exec-write-note"]["container"]
    names = {one["name"]: one["value"] for one in container["env"]}
    assert names["SLIPWAY_EXPERIMENT"] == "trials"
    assert "SLIPWAY_CODE_REVISION" in names
    assert "s3cr3t" not in json.dumps(version) + answer.stdout + answer.stderr


def test_wrong_parameter_stops_before_anything_is_uploaded(submitting):
    project, server = submitting
    answer = project.slipway("submit", "notes", "-p", "txt=hey")
    assert answer.returncode == ExitCode.USAGE
    assert "has no parameter 'txt'" in answer.stderr
    assert project.slipway("submit", "fragile").returncode == ExitCode.USAGE
    assert server.requests == []


@pytest.mark.parametrize("request_", ["POST .*/upload_version", "POST /apis/v2beta1/runs$", "GET .*/runs/[^/]+$"])
def test_connection_that_is_cut_is_no_failure(request_, submitting):
    project, server = submitting
    with cutting_proxy(int(server.url.rpartition(":")[2])) as (proxy, url):
        proxy.cut = Cut(request_, answered=False)
        answer = project.through(url).slipway("submit", "notes")
    assert answer.returncode == ExitCode.OK, answer.stderr
    assert "it hung up before it answered" in answer.stderr
    assert "It answers again." in answer.stderr
    assert len(server.state.versions) == len(server.state.runs) == 1


def test_gateway_that_hides_the_steps_still_shows_the_run_s_end(submitting):
    project, server = submitting
    server.faults.append(Fault("GET /apis/v1beta1/", status=404, body="404 page not found", times=10**6))
    answer = project.slipway("submit", "notes")
    assert answer.returncode == ExitCode.OK
    assert answer.stderr.count("Its steps cannot be seen") == 1
    assert "succeeded after" in answer.stdout


def test_server_that_goes_away_for_good_is_told_and_the_run_goes_on(submitting):
    project, server = submitting
    server.state.looks = LONG
    server.faults.append(Fault("GET /apis/v2beta1/runs/", status=503, times=10**6))
    answer = project.slipway("submit", "notes")
    assert answer.returncode == ExitCode.UNREACHABLE
    assert "Asking again for 3 s." in answer.stderr
    assert re.search(r"The run goes on. Look at it again: slipway follow [0-9a-f-]{36}", answer.stderr)


def test_ctrl_c_leaves_the_run_and_says_how_to_see_and_stop_it(submitting):
    project, server = submitting
    server.state.looks = LONG
    process = project.start("submit", "notes")
    wait_until(lambda: server.asked("GET /apis/v1beta1/runs/") > 2, "the run is followed")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    (run,) = server.state.runs
    assert f"slipway follow {run}" in said
    assert f"slipway stop {run}" in said
    assert not server.state.stopped
    assert project.slipway("stop", run).returncode == ExitCode.OK
    assert server.state.stopped == {run}
    followed = project.slipway("follow", run)
    assert followed.returncode == ExitCode.INTERRUPTED
    assert "was stopped on the cluster" in followed.stderr
